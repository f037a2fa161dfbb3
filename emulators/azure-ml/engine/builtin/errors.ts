import { FlowError, type FlowErrorBody } from "#emulators/azure-ml/engine/engine.ts";

type More = Pick<FlowErrorBody, "additionalInfo"> & { messageFormat?: string };

/** `innerCodes` outermost first, without the leading `UserError`. */
export function userError(
  innerCodes: readonly string[],
  message: string,
  more: More = {},
): FlowErrorBody {
  return { message, messageFormat: message, code: "UserError", innerCodes, ...more };
}

/** A mistake of this engine or of the machine, not of the flow. */
export function systemError(innerCodes: readonly string[], message: string): FlowErrorBody {
  return { message, messageFormat: message, code: "SystemError", innerCodes };
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
  return systemError(["UnexpectedError"], message);
}

/** Whole-run failure before any line: the YAML does not describe a flow. */
export function flowDefinitionError(code: string, message: string): FlowError {
  return new FlowError(userError(["ValidationError", "InvalidFlowRequest", code], message));
}

/** Whole-run failure: one node's tool, template or connection cannot be prepared. */
export function resolveToolError(node: string, innerCode: string, text: string): FlowError {
  const message = `Tool load failed in '${node}': (${innerCode}) ${text}`;
  return new FlowError(
    userError(["ResolveToolError", innerCode], message, {
      messageFormat: "Tool load failed in '{node_name}': {error_type_and_message}",
    }),
  );
}
