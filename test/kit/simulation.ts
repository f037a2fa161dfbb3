import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SimulationOptions, startSimulation } from "#emulators/stack/start-simulation.ts";
import { backDoorAt } from "./back-door.ts";
import { flowgateAt } from "./flowgate.ts";

const MINUTE_MS = 60_000;
/** The clock itself tells what is stuck; a busy machine is only slow. */
const REAL_PATIENCE_MS = 15 * 60_000;

/** A stack of the test's own in virtual time; following a pipeline lets minutes pass. */
export async function aSimulation(options: Omit<SimulationOptions, "data"> = {}) {
  const data = mkdtempSync(join(tmpdir(), "flowgate-simulation-"));
  const simulation = await startSimulation({ data, ...options });
  return {
    ...simulation,
    flowgate: flowgateAt(
      simulation.functions,
      () => simulation.advance(MINUTE_MS),
      REAL_PATIENCE_MS,
    ),
    backDoor: backDoorAt(simulation),

    /** Lets time pass until it is done, also where an answer of the API itself has to wait. */
    async meanwhile<Result>(work: () => Promise<Result>): Promise<Result> {
      let isDone = false;
      const turn = async () => {
        while (!isDone) await simulation.advance(MINUTE_MS);
      };
      const working = work().finally(() => {
        isDone = true;
      });
      const [result] = await Promise.all([working, turn()]);
      return result;
    },

    async [Symbol.asyncDispose]() {
      await simulation[Symbol.asyncDispose]();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
