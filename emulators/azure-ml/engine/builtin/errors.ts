import { FlowError, type FlowErrorBody } from "#emulators/azure-ml/engine/engine.ts";
import { codesOf } from "./error-classes.ts";

type More = Pick<FlowErrorBody, "additionalInfo"> & { messageFormat?: string };

/** An error of prompt flow's class `name`, or of one of this engine's own. */
export function userError(name: string, message: string, more: More = {}): FlowErrorBody {
  return { message, messageFormat: message, code: "UserError", innerCodes: codesOf(name), ...more };
}

/** A mistake of this engine or of the machine, not of the flow. */
export function systemError(name: string, message: string): FlowErrorBody {
  return { message, messageFormat: message, code: "SystemError", innerCodes: [name] };
}

/** Ends one line (or the aggregation stage), never the run. */
export class LineError extends Error {
  override readonly name = "LineError";
  readonly body: FlowErrorBody;

  constructor(body: FlowErrorBody, options?: ErrorOptions) {
    super(body.message, options);
    this.body = body;
  }
}

/** What a line that failed with this carries. */
export function bodyOf(error: unknown): FlowErrorBody {
  if (error instanceof LineError || error instanceof FlowError) return error.body;
  const message = error instanceof Error ? error.message : String(error);
  return systemError("UnexpectedError", message);
}

/** Ends the whole run, before or after its lines. */
export function flowError(name: string, message: string): FlowError {
  return new FlowError(userError(name, message));
}

/** Python's own errors, which prompt flow takes for the system's. */
const OF_PYTHON = new Set(["NotImplementedError", "TemplateSyntaxError"]);

/** Whole-run failure: one node's tool, template or connection cannot be prepared. */
export function resolveToolError(node: string, name: string, text: string): FlowError {
  const message = `Tool load failed in '${node}': (${name}) ${text}`;
  const body = OF_PYTHON.has(name) ? systemError(name, message) : userError(name, message);
  return new FlowError({
    ...body,
    messageFormat: "Tool load failed in '{node_name}': {error_type_and_message}",
  });
}
