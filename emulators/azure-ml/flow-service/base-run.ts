import { type Batch, FlowError } from "#emulators/azure-ml/engine/engine.ts";
import type { Service } from "#emulators/azure-ml/service.ts";
import { type RunStatus, requireRun } from "./run.ts";

/** The lines of the run that an evaluation reads. Throws FlowError unless it completed. */
export function baseRun(service: Service, runId: string | null | undefined): Batch["run"] {
  if (!runId) return null;
  const { status } = requireRun(service, runId);
  if (status !== "Completed") throw referenceError(runId, status);
  return {
    inputs: {
      *[Symbol.iterator]() {
        for (const { index, inputs } of service.runLines.all(runId)) {
          yield { ...inputs, line_number: index };
        }
      },
    },
    outputs: {
      *[Symbol.iterator]() {
        for (const { index, outputs } of service.runLines.all(runId)) {
          if (outputs) yield { ...outputs, line_number: index };
        }
      },
    },
  };
}

function referenceError(runId: string, status: RunStatus): FlowError {
  const message = `Referenced run ${runId} is not completed, got status ${status}.`;
  const innerCodes = ["RunNotCompleted"];
  return new FlowError({ message, messageFormat: message, code: "UserError", innerCodes });
}
