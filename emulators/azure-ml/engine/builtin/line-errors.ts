import type { FlowErrorBody } from "#emulators/azure-ml/engine/engine.ts";
import { LineError, systemError, userError } from "./errors.ts";
import type { FlowNode } from "./flow-node.ts";
import type { WorkerAnswer, WorkerDied } from "./python-worker.ts";

export function toolError(
  { name, type }: FlowNode,
  error: NonNullable<WorkerAnswer["error"]>,
): FlowErrorBody {
  const { kind: _kind, ...info } = error;
  const isFlex = type === "entry" || type === "prompty";
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

const OWN_CLASSES = ["ExceedMaxRetryTimes", "LLMError"];

/** The class of prompt flow's that stands for these codes; one stands for all of OpenAI's own errors. */
function classOf([first = "", second = ""]: readonly string[]): string {
  if (first !== "OpenAIError") return first;
  return OWN_CLASSES.includes(second) ? second : "WrappedOpenAIError";
}

/** A prompty that is the flow fails as the code of a flex flow does, whatever went wrong. */
export function promptyError(node: FlowNode, error: unknown): unknown {
  if (!(error instanceof LineError)) return error;
  const { innerCodes, message } = error.body;
  const type = classOf(innerCodes);
  return new LineError(toolError(node, { type, message }), { cause: error });
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

/** The model's whole answer is an object of its client, which only Python code can use. */
export function wholeAnswer(file: string): LineError {
  return new LineError(
    userError(
      "FlowOutputUnserializable",
      `The output 'output' for flow is incorrect. The output value is not JSON serializable: ${file} has 'response: all', so it returns the model's whole answer as an object. Leave 'response' out, or call the prompty from the code of a flow.`,
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
