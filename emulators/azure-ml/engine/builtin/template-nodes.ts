import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { separateImages } from "./chat.ts";
import { AZURE, type Connection, type Connections, OPEN_AI, SERVERLESS } from "./connections.ts";
import { resolveToolError } from "./errors.ts";
import type { FlowNode } from "./flow-node.ts";
import { type JinjaNode, parseTemplate } from "./jinja-syntax.ts";
import { apiParameters, isApiParameter, type ModelApi, readParameter } from "./llm-parameters.ts";
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
