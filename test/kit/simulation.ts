import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SimulationOptions, startSimulation } from "#emulators/stack/start-simulation.ts";
import { backDoorAt } from "./back-door.ts";
import { flowgateAt } from "./flowgate.ts";

const MINUTE_MS = 60_000;

/** A stack of the test's own in virtual time; following a pipeline lets minutes pass. */
export async function aSimulation(options: Omit<SimulationOptions, "data"> = {}) {
  const data = mkdtempSync(join(tmpdir(), "flowgate-simulation-"));
  const simulation = await startSimulation({ data, ...options });
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
