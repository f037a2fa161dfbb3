import { LineError, resolveToolError, userError } from "./errors.ts";
import { coerce } from "./inputs.ts";
import { isDict, plain } from "./python-values.ts";

/** Parameters of the chat tool with the type that literals are read as. */
const CHAT: Readonly<Record<string, string>> = {
  deployment_name: "string",
  model: "string",
  temperature: "double",
  top_p: "double",
  n: "int",
  stream: "bool",
  stop: "object",
  max_tokens: "int",
  presence_penalty: "double",
  frequency_penalty: "double",
  logit_bias: "object",
  user: "string",
  functions: "object",
  function_call: "object",
  tools: "object",
  tool_choice: "object",
  response_format: "object",
  seed: "int",
};

/** Whether an llm node's input goes to the API rather than into the template. */
export function isChatParameter(name: string): boolean {
  return Object.hasOwn(CHAT, name);
}

/** A literal parameter by the tool's signature; throws FlowError for one that cannot be read. */
export function readParameter(node: string, name: string, value: unknown): unknown {
  if (name === "max_tokens" && value === "inf") return value;
  try {
    return coerce(value, CHAT[name] ?? "object");
  } catch {
    throw resolveToolError(
      node,
      "NodeInputValidationError",
      `Failed to load node input: the value of '${name}' for node '${node}' is not of type '${CHAT[name]}'. Update it in the flow.`,
    );
  }
}

/** Body of the call, without messages. */
export function requestParameters(
  given: Readonly<Record<string, unknown>>,
  isAzure: boolean,
): Record<string, unknown> & { model: string } {
  const set = Object.fromEntries(
    Object.entries(given).filter(
      ([, value]) => value !== null && value !== undefined && value !== "",
    ),
  );
  const { deployment_name, model, temperature, top_p, n, ...rest } = set;
  const name = isAzure ? deployment_name : (model ?? deployment_name);
  if (name === undefined) {
    const missing = isAzure ? "deployment_name" : "model";
    throw new LineError(
      userError(
        ["ToolExecutionError"],
        `The llm node has no '${missing}'. Set it in the node's inputs or in the run's connections.`,
      ),
    );
  }
  if (rest.max_tokens === "inf") delete rest.max_tokens;
  // What a stream would yield is joined anyway, so none is asked for.
  delete rest.stream;
  const body = {
    model: String(name),
    temperature: temperature ?? 1,
    top_p: top_p ?? 1,
    ...(isAzure ? { n: n ?? 1 } : {}),
    stream: false,
    ...rest,
    ...toolChoice(rest),
  };
  return plain(body) as Record<string, unknown> & { model: string };
}

/** Whether the whole message is the node's output. */
export function usesTools({ functions, tools }: Readonly<Record<string, unknown>>): boolean {
  return (functions ?? tools ?? undefined) !== undefined;
}

function toolChoice(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (given.tools !== undefined) {
    requireTools("tools", given.tools, (tool) => "type" in tool && "function" in tool);
    return {
      functions: undefined,
      function_call: undefined,
      tool_choice: given.tool_choice ?? "auto",
    };
  }
  if (given.functions === undefined) return {};
  requireTools("functions", given.functions, (tool) => "name" in tool && "parameters" in tool);
  return { function_call: given.function_call ?? "auto" };
}

function requireTools(
  field: string,
  value: unknown,
  isWhole: (tool: Record<string, unknown>) => boolean,
): void {
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => isDict(item) && isWhole(item))
  )
    return;
  const needs = field === "tools" ? "'type' and 'function'" : "'name' and 'parameters'";
  throw new LineError(
    userError(
      ["ToolValidationError", "ChatAPIInvalidTools"],
      `'${field}' must be a non-empty list of objects, each with ${needs}.`,
    ),
  );
}
