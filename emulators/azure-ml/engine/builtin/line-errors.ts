import type { FlowErrorBody } from "#emulators/azure-ml/engine/engine.ts";
import { LineError, systemError, userError } from "./errors.ts";
import type { FlowNode } from "./flow-node.ts";
import type { WorkerAnswer, WorkerDied } from "./python-worker.ts";

export function toolError(
  { name, type }: FlowNode,
  error: NonNullable<WorkerAnswer["error"]>,
): FlowErrorBody {
  const { kind: _kind, ...info } = error;
  const isFlex = type === "entry";
  return {
    message: `Execution failure in '${name}': (${error.type}) ${error.message}`,
    messageFormat: "Execution failure in '{node_name}'.",
    code: "UserError",
    innerCodes: [isFlex ? "ScriptExecutionError" : "ToolExecutionError"],
    additionalInfo: [
      { type: isFlex ? "FlexFlowExecutionErrorDetails" : "ToolExecutionErrorDetails", info },
    ],
  };
}

export function lostObject(node: string): LineError {
  return new LineError(
    systemError(
      "ProcessCrashError",
      `What node '${node}' returned is a Python object, and the process that held it has ended. Return JSON types from it, or look in the run's log for what ended the process.`,
    ),
  );
}

export function unserializable(output: string, node: string): LineError {
  return new LineError(
    userError(
      "FlowOutputUnserializable",
      `The output '${output}' for flow is incorrect. The output value is not JSON serializable: node '${node}' returned an object. Return JSON types from it.`,
    ),
  );
}

export function processCrash(line: number, node: string, error: WorkerDied): LineError {
  const where = line < 0 ? `node '${node}'` : `line ${line} in node '${node}'`;
  return new LineError(
    userError(
      "ProcessCrashError",
      `${error.message} while it executed ${where}. See the run's log for what it printed last.`,
    ),
    { cause: error },
  );
}
