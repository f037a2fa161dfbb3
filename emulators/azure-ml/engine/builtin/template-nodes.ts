import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#emulators/kit/clock.ts";
import { parseChat } from "./chat.ts";
import { AZURE, type Connection, type Connections, OPEN_AI, SERVERLESS } from "./connections.ts";
import { LineError, resolveToolError, userError } from "./errors.ts";
import type { FlowNode } from "./flow-file.ts";
import { renderTemplate } from "./jinja.ts";
import { type JinjaNode, parseTemplate } from "./jinja-syntax.ts";
import { isChatParameter, readParameter, requestParameters, usesTools } from "./llm-parameters.ts";
import { askModel } from "./model-client.ts";
import { isDict, PrintedList } from "./python-values.ts";
import type { RoleGuard } from "./role-guard.ts";

/** A prompt or llm node, ready to run. */
export interface TemplateNode {
  readonly node: FlowNode;
  readonly template: readonly JinjaNode[];
  /** Only llm nodes have one. */
  readonly connection: Connection | undefined;
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
        "A prompt node cannot have an input named 'template'. Rename it.",
      );
    }
    return { node, template, connection: undefined, parameters: {} };
  }
  const connection = chooseConnection(node, connections, override);
  const parameters: Record<string, unknown> = {};
  for (const [name, input] of Object.entries(node.inputs)) {
    if (!isChatParameter(name) || input.kind !== "literal") continue;
    if (input.value === null || input.value === "") continue;
    parameters[name] = readParameter(node.name, name, input.value);
  }
  const { deployment_name, model } = override;
  if (deployment_name !== undefined) parameters.deployment_name = deployment_name;
  if (model !== undefined) parameters.model = model;
  return { node, template, connection, parameters };
}

async function loadTemplate(node: FlowNode, folder: string): Promise<readonly JinjaNode[]> {
  const source = await readFile(join(folder, node.path), "utf8");
  try {
    return parseTemplate(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw resolveToolError(
      node.name,
      "JinjaParsingError",
      `'${node.path}' is not a jinja2 template that can be read: ${reason}`,
    );
  }
}

function chooseConnection(
  node: FlowNode,
  connections: Connections,
  override: Readonly<Record<string, string>>,
): Connection {
  const api = node.api ?? "chat";
  if (api !== "chat") {
    throw resolveToolError(
      node.name,
      "APINotFound",
      `api '${api}' is not supported by the builtin engine. Use 'api: chat'.`,
    );
  }
  const name = override.connection ?? node.connection;
  if (name === undefined) {
    throw resolveToolError(
      node.name,
      "ConnectionNotFound",
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

/** The text of the template; throws LineError. */
export function render(
  { node, template }: TemplateNode,
  variables: Readonly<Record<string, unknown>>,
): string {
  try {
    return renderTemplate(template, variables);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LineError(
      userError(
        ["ToolValidationError", "JinjaTemplateError"],
        `Failed to render jinja template '${node.path}' of node '${node.name}': ${reason}. Please modify your prompt to fix the issue.`,
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
  const { connection, node } = tool;
  const variables: Record<string, unknown> = {};
  const parameters: Record<string, unknown> = { ...tool.parameters };
  for (const [name, value] of Object.entries(inputs)) {
    if (!isChatParameter(name)) variables[name] = value;
    else if (!(name in parameters)) parameters[name] = value;
  }
  const isAzure = connection.type === AZURE;
  const { prompt } = inputs;
  const text =
    typeof prompt === "string" ? prompt : render(tool, isAzure ? joinLists(variables) : variables);
  const messages = parseChat(text).map((message) => restore(message, guard));
  const { model, ...body } = requestParameters(parameters, isAzure);
  const answer = await askModel({ connection, body: { model, messages, ...body }, signal, clock });
  return { output: outputOf(answer, usesTools(body), node), usage: usageOf(answer) };
}

/** The Azure chat tool prints a list as its items, one a line. */
function joinLists(
  variables: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      Array.isArray(value) ? PrintedList.of(...value) : value,
    ]),
  );
}

function restore(message: unknown, guard: RoleGuard): unknown {
  if (typeof message === "string") return guard.restore(message);
  if (Array.isArray(message)) return message.map((item) => restore(item, guard));
  if (!isDict(message)) return message;
  return Object.fromEntries(
    Object.entries(message).map(([key, item]) => [key, restore(item, guard)]),
  );
}

function outputOf(
  answer: Readonly<Record<string, unknown>>,
  wantsMessage: boolean,
  node: FlowNode,
): unknown {
  const [first] = Array.isArray(answer.choices) ? answer.choices : [];
  const message = isDict(first) ? first.message : undefined;
  if (!isDict(message)) {
    throw new LineError(
      userError(
        ["OpenAIError", "LLMError"],
        `The model's answer to node '${node.name}' has no choices[0].message: ${JSON.stringify(answer).slice(0, 500)}`,
      ),
    );
  }
  return wantsMessage ? message : (message.content ?? "");
}

function usageOf({ usage }: Readonly<Record<string, unknown>>): Usage {
  if (!isDict(usage)) return { prompt: 0, completion: 0 };
  return {
    prompt: Number(usage.prompt_tokens ?? 0),
    completion: Number(usage.completion_tokens ?? 0),
  };
}
