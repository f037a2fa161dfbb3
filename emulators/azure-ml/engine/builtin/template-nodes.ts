import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#emulators/kit/clock.ts";
import { findImages, parseChat, separateImages } from "./chat.ts";
import { AZURE, type Connection, type Connections, OPEN_AI, SERVERLESS } from "./connections.ts";
import { LineError, resolveToolError, userError } from "./errors.ts";
import type { FlowNode } from "./flow-file.ts";
import { renderTemplate } from "./jinja.ts";
import { type JinjaNode, parseTemplate } from "./jinja-syntax.ts";
import {
  apiParameters,
  completionParameters,
  isApiParameter,
  type ModelApi,
  readParameter,
  requestParameters,
  usesTools,
} from "./llm-parameters.ts";
import { askModel } from "./model-client.ts";
import { isDict, PrintedList } from "./python-values.ts";
import type { RoleGuard } from "./role-guard.ts";
import { templateVariables } from "./template-variables.ts";

/** A prompt or llm node, ready to run. */
export interface TemplateNode {
  readonly node: FlowNode;
  readonly template: readonly JinjaNode[];
  /** Only llm nodes have one. */
  readonly connection: Connection | undefined;
  readonly api: ModelApi;
  /** Literal API parameters, already typed. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface Usage {
  readonly prompt: number;
  readonly completion: number;
}

export interface LlmCall {
  readonly guard: RoleGuard;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Reads template and connection. Rejects with FlowError. */
export async function loadTemplateNode(
  node: FlowNode,
  folder: string,
  connections: Connections,
  override: Readonly<Record<string, string>>,
): Promise<TemplateNode> {
  const template = await loadTemplate(node, folder);
  if (node.type === "prompt") {
    if ("template" in node.inputs) {
      throw resolveToolError(
        node.name,
        "NodeInputValidationError",
        `A prompt node cannot have an input named 'template' (${node.where}). Rename it.`,
      );
    }
    refuseReserved(node, template, ["template"]);
    return { node, template, connection: undefined, api: "chat", parameters: {} };
  }
  const api = readApi(node);
  const connection = chooseConnection(node, connections, override);
  refuseReserved(node, template, ["prompt", ...apiParameters(api, connection.type === AZURE)]);
  const parameters: Record<string, unknown> = {};
  for (const [name, input] of Object.entries(node.inputs)) {
    if (!isApiParameter(api, name) || input.kind !== "literal") continue;
    if (input.value === null || input.value === "") continue;
    parameters[name] = readParameter(node, api, name, input.value);
  }
  const { deployment_name, model } = override;
  if (deployment_name !== undefined) parameters.deployment_name = deployment_name;
  if (model !== undefined) parameters.model = model;
  return { node, template, connection, api, parameters };
}

function readApi({ name, api = "chat", where }: FlowNode): ModelApi {
  if (api === "chat" || api === "completion" || api === "vision") return api;
  throw resolveToolError(
    name,
    "APINotFound",
    `The API '${api}' of the llm node at ${where} is not found. Use 'api: chat' or 'api: completion'.`,
  );
}

/** A name cannot be a variable of the template and a parameter of the tool at once. */
function refuseReserved(
  { name, path, where, type }: FlowNode,
  template: readonly JinjaNode[],
  reserved: readonly string[],
): void {
  const variables = templateVariables(template);
  const taken = reserved.filter((word) => variables.has(word));
  if (taken.length === 0) return;
  throw resolveToolError(
    name,
    "NodeInputValidationError",
    `The template ${path} of node '${name}' at ${where} has variables that the ${type} tool has as its own inputs: ${taken.join(", ")}. Rename them in the template and in the node.`,
  );
}

async function loadTemplate(node: FlowNode, folder: string): Promise<readonly JinjaNode[]> {
  const source = await readFile(join(folder, node.path), "utf8");
  try {
    return parseTemplate(node.api === "vision" ? separateImages(source) : source);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw resolveToolError(
      node.name,
      "TemplateSyntaxError",
      `'${node.path}' is not a jinja2 template that can be read: ${reason}`,
    );
  }
}

function chooseConnection(
  node: FlowNode,
  connections: Connections,
  override: Readonly<Record<string, string>>,
): Connection {
  const name = override.connection ?? node.connection;
  if (name === undefined) {
    throw resolveToolError(
      node.name,
      "GetConnectionError",
      `The llm node at ${node.where} has no connection. Set 'connection'.`,
    );
  }
  const usesModel =
    "model" in node.inputs &&
    !("deployment_name" in node.inputs) &&
    override.deployment_name === undefined;
  const connection = connections.forModel(name, usesModel ? OPEN_AI : undefined);
  if ([AZURE, OPEN_AI, SERVERLESS].includes(connection.type)) return connection;
  throw resolveToolError(
    node.name,
    "InvalidConnectionType",
    `Connection type ${connection.type} is not supported for LLM. Use ${AZURE}, ${OPEN_AI} or ${SERVERLESS}.`,
  );
}

/** The text of a node's template; throws LineError. */
export function render(
  { node, template }: TemplateNode,
  variables: Readonly<Record<string, unknown>>,
): string {
  return renderText(template, `'${node.path}' of node '${node.name}'`, variables);
}

/** Throws LineError; `which` says of what the template is. */
export function renderText(
  template: readonly JinjaNode[],
  which: string,
  variables: Readonly<Record<string, unknown>>,
): string {
  try {
    return renderTemplate(template, variables);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LineError(
      userError(
        "JinjaTemplateError",
        `Failed to render jinja template ${which}: ${reason}. Please modify your prompt to fix the issue.`,
      ),
    );
  }
}

/** Renders, asks the model, and takes from its answer what the node's output is. */
export async function runLlm(
  tool: TemplateNode & { readonly connection: Connection },
  inputs: Readonly<Record<string, unknown>>,
  { guard, signal, clock }: LlmCall,
): Promise<{ output: unknown; usage: Usage }> {
  const { connection, node, api } = tool;
  const variables: Record<string, unknown> = {};
  const parameters: Record<string, unknown> = { ...tool.parameters };
  for (const [name, value] of Object.entries(inputs)) {
    if (!isApiParameter(api, name)) variables[name] = value;
    else if (!(name in parameters)) parameters[name] = value;
  }
  const isAzure = connection.type === AZURE;
  const { prompt } = inputs;
  if (api === "completion") {
    const text = guard.restore(typeof prompt === "string" ? prompt : render(tool, variables));
    const body = { prompt: text, ...completionParameters(parameters, isAzure) };
    const answer = await askModel({ connection, call: "completions", body, signal, clock });
    return { output: textOf(answer, node.name), usage: usageOf(answer) };
  }
  const listsJoined = isAzure || api === "vision";
  const text =
    typeof prompt === "string"
      ? prompt
      : render(tool, listsJoined ? joinLists(variables) : variables);
  const pictures =
    api === "vision"
      ? { images: findImages(variables), detail: String(parameters.detail ?? "auto") }
      : undefined;
  const messages = parseChat(text, pictures).map((message) => restore(message, guard));
  const { model, ...body } = requestParameters(parameters, isAzure);
  const answer = await askModel({ connection, body: { model, messages, ...body }, signal, clock });
  const message = messageOf(answer, node.name);
  const output = usesTools(body) ? { ...NOT_CALLED, ...message } : (message.content ?? "");
  return { output, usage: usageOf(answer) };
}

/** The Azure chat tool prints a list as its items, one a line. */
export function joinLists(
  variables: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      Array.isArray(value) ? PrintedList.of(...value) : value,
    ]),
  );
}

export function restore(message: unknown, guard: RoleGuard): unknown {
  if (typeof message === "string") return guard.restore(message);
  if (Array.isArray(message)) return message.map((item) => restore(item, guard));
  if (!isDict(message)) return message;
  return Object.fromEntries(
    Object.entries(message).map(([key, item]) => [key, restore(item, guard)]),
  );
}

/** What the SDK's message has where the model's answer leaves it out. */
const NOT_CALLED = { content: null, function_call: null, tool_calls: null };

type Answer = Readonly<Record<string, unknown>>;

export function messageOf(answer: Answer, node: string): Answer {
  const { message } = choiceOf(answer);
  if (isDict(message)) return message;
  throw incomplete(answer, node, "choices[0].message");
}

export function textOf(answer: Answer, node: string): string {
  const { text } = choiceOf(answer);
  if (typeof text === "string") return text;
  throw incomplete(answer, node, "choices[0].text");
}

export function choiceOf({ choices }: Answer): Answer {
  const [first] = Array.isArray(choices) ? choices : [];
  return isDict(first) ? first : {};
}

function incomplete(answer: Answer, node: string, field: string): LineError {
  return new LineError(
    userError(
      "OpenAIError/LLMError",
      `The model's answer to node '${node}' has no ${field}: ${JSON.stringify(answer).slice(0, 500)}`,
    ),
  );
}

export function usageOf({ usage }: Readonly<Record<string, unknown>>): Usage {
  if (!isDict(usage)) return { prompt: 0, completion: 0 };
  return {
    prompt: Number(usage.prompt_tokens ?? 0),
    completion: Number(usage.completion_tokens ?? 0),
  };
}
