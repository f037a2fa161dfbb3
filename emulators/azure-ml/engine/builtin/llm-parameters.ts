import { LineError, resolveToolError, userError } from "./errors.ts";
import type { FlowNode } from "./flow-node.ts";
import { coerce } from "./inputs.ts";
import { isDict, plain } from "./python-values.ts";

/** `vision` is chat whose messages may hold pictures. */
export type ModelApi = "chat" | "completion" | "vision";

const COMMON = {
  deployment_name: "string",
  model: "string",
  temperature: "double",
  top_p: "double",
  stream: "bool",
  stop: "object",
  max_tokens: "int",
  presence_penalty: "double",
  frequency_penalty: "double",
};

/** Parameters of the tools with the type that literals are read as. */
const PARAMETERS: Readonly<Record<ModelApi, Readonly<Record<string, string>>>> = {
  chat: {
    ...COMMON,
    n: "int",
    logit_bias: "object",
    user: "string",
    functions: "object",
    function_call: "object",
    tools: "object",
    tool_choice: "object",
    response_format: "object",
    seed: "int",
  },
  completion: {
    ...COMMON,
    n: "int",
    logit_bias: "object",
    user: "string",
    suffix: "string",
    logprobs: "int",
    echo: "bool",
    best_of: "int",
  },
  vision: { ...COMMON, seed: "int", detail: "string" },
};

/** Whether an llm node's input goes to the API rather than into the template. */
export function isApiParameter(api: ModelApi, name: string): boolean {
  return Object.hasOwn(PARAMETERS[api], name);
}

/** Every parameter of the API as this provider's tool has it. */
export function apiParameters(api: ModelApi, isAzure: boolean): readonly string[] {
  const other = isAzure ? "model" : "deployment_name";
  return Object.keys(PARAMETERS[api]).filter((name) => name !== other);
}

/** A literal parameter by the tool's signature; throws FlowError for one that cannot be read. */
export function readParameter(
  node: FlowNode,
  api: ModelApi,
  name: string,
  value: unknown,
): unknown {
  if (name === "max_tokens" && value === "inf") return value;
  const type = PARAMETERS[api][name] ?? "object";
  try {
    return coerce(value, type);
  } catch {
    throw resolveToolError(
      node.name,
      "NodeInputValidationError",
      `Failed to load node input: the value of '${name}' for node '${node.name}' is not of type '${type}'. Update it at ${node.where}.`,
    );
  }
}

/** Body of a completion call, without the prompt. */
export function completionParameters(
  given: Readonly<Record<string, unknown>>,
  isAzure: boolean,
): Record<string, unknown> & { model: string } {
  const { deployment_name, model, stream: _never, stop, suffix, ...rest } = withoutEmpty(given);
  return plain({
    model: modelName(isAzure ? deployment_name : (model ?? deployment_name), isAzure),
    max_tokens: 16,
    temperature: 1,
    top_p: 1,
    n: 1,
    echo: false,
    best_of: 1,
    logit_bias: {},
    user: "",
    ...rest,
    suffix: suffix ?? null,
    stop: Array.isArray(stop) && stop.length === 0 ? null : (stop ?? null),
    logprobs: rest.logprobs ? rest.logprobs : null,
    stream: false,
  }) as Record<string, unknown> & { model: string };
}

function withoutEmpty(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).filter(
      ([, value]) => value !== null && value !== undefined && value !== "",
    ),
  );
}

function modelName(name: unknown, isAzure: boolean): string {
  if (name !== undefined) return String(name);
  const missing = isAzure ? "deployment_name" : "model";
  throw new LineError(
    userError(
      "ToolExecutionError",
      `The llm node has no '${missing}'. Set it in the node's inputs or in the run's connections.`,
    ),
  );
}

/** Body of a chat call, without messages. */
export function requestParameters(
  given: Readonly<Record<string, unknown>>,
  isAzure: boolean,
): Record<string, unknown> & { model: string } {
  const {
    deployment_name,
    model,
    temperature,
    top_p,
    n,
    detail: _ours,
    ...rest
  } = withoutEmpty(given);
  const name = isAzure ? deployment_name : (model ?? deployment_name);
  if (rest.max_tokens === "inf") delete rest.max_tokens;
  // What a stream would yield is joined anyway, so none is asked for.
  delete rest.stream;
  const body = {
    model: modelName(name, isAzure),
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
    validateTools("tools", given.tools);
    return {
      functions: undefined,
      function_call: undefined,
      tool_choice: given.tool_choice ?? "auto",
    };
  }
  if (given.functions === undefined) return {};
  validateTools("functions", given.functions);
  return { function_call: given.function_call ?? "auto" };
}

/** Throws LineError for what the API would not take. */
export function validateTools(field: "tools" | "functions", value: unknown): void {
  const keys = field === "tools" ? ["type", "function"] : ["name", "parameters"];
  const isWhole = (item: unknown) => isDict(item) && keys.every((key) => key in item);
  if (Array.isArray(value) && value.length > 0 && value.every(isWhole)) return;
  const needs = keys.map((key) => `'${key}'`).join(" and ");
  throw new LineError(
    userError(
      "ChatAPIInvalidTools",
      `'${field}' must be a non-empty list of objects, each with ${needs}.`,
    ),
  );
}
