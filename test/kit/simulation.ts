import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Simulation, startSimulation } from "#emulators/stack/start-simulation.ts";
import { backDoorAt } from "./back-door.ts";
import { flowgateAt } from "./flowgate.ts";

const MINUTE_MS = 60_000;

/** A stack of the test's own in virtual time, from the first instant of 2026; following a pipeline lets minutes pass. */
export async function aSimulation() {
  const data = mkdtempSync(join(tmpdir(), "flowgate-simulation-"));
  const simulation: Simulation = await startSimulation({ data });
  return {
    ...simulation,
    flowgate: flowgateAt(simulation.functions, () => simulation.advance(MINUTE_MS)),
    backDoor: backDoorAt(simulation),
    async [Symbol.asyncDispose]() {
      await simulation[Symbol.asyncDispose]();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
