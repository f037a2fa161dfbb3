import { type Connection, type Connections, OPEN_AI } from "./connections.ts";
import { resolveToolError } from "./errors.ts";
import type { FlowNode } from "./flow-node.ts";
import { type Pictures, readImage } from "./images.ts";
import { coerce } from "./inputs.ts";
import type { ToolDescription, ToolParameter } from "./python-pool.ts";
import { pythonStr } from "./python-values.ts";

/** What a python node gives to its tool without looking at a line. */
export interface PythonNode {
  readonly node: FlowNode;
  readonly literals: Readonly<Record<string, PythonArgument>>;
  /** Parameters that have a default in Python. */
  readonly optional: ReadonlySet<string>;
}

/** One argument on its way to the worker. */
export type PythonArgument =
  | { readonly value: unknown }
  | { readonly connection: Connection }
  /** A model configuration object of this class. */
  | { readonly model: string; readonly value: Readonly<Record<string, unknown>> }
  | { readonly node: string; readonly path: readonly (string | number)[] };

/** Types literals by the tool's hints, reads their pictures, finds its connections. Rejects with FlowError. */
export async function preparePythonNode(
  node: FlowNode,
  description: ToolDescription,
  connections: Connections,
  { override, pictures }: { override: Readonly<Record<string, string>>; pictures: Pictures },
): Promise<PythonNode> {
  const parameters = [...description.parameters, ...description.construction];
  const literals: Record<string, PythonArgument> = {};
  const given = { ...literalsOf(node), ...override };
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === "") continue;
    const parameter = parameters.find((known) => known.name === name && !known.collected);
    literals[name] =
      parameter?.type === "image"
        ? { value: await readPicture(node, name, value, pictures) }
        : readLiteral(node, name, value, parameter, connections);
  }
  const optional = new Set(
    parameters.filter(({ hasDefault }) => hasDefault).map(({ name }) => name),
  );
  return { node, literals, optional };
}

function literalsOf({ inputs }: FlowNode): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, input]) =>
      input.kind === "literal" ? [[name, input.value]] : [],
    ),
  );
}

async function readPicture(node: FlowNode, name: string, value: unknown, pictures: Pictures) {
  try {
    return await readImage(value, pictures);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw resolveToolError(
      node.name,
      "NodeInputValidationError",
      `Failed to load node input '${name}' of node '${node.name}' at ${node.where}: ${reason}`,
    );
  }
}

function readLiteral(
  node: FlowNode,
  name: string,
  value: unknown,
  parameter: ToolParameter | undefined,
  connections: Connections,
): PythonArgument {
  if (!parameter) return { value };
  const [wanted] = parameter.connections;
  if (wanted !== undefined) return readConnection(node, pythonStr(value), parameter, connections);
  try {
    return { value: coerce(value, parameter.type) };
  } catch {
    throw resolveToolError(
      node.name,
      "NodeInputValidationError",
      `Failed to load node input: the value of '${name}' for node '${node.name}' is not of type '${parameter.type}'. Update it at ${node.where}.`,
    );
  }
}

export function readConnection(
  node: FlowNode,
  name: string,
  { connections: wanted }: ToolParameter,
  connections: Connections,
): PythonArgument {
  const known = connections.read(name);
  if (known) return { connection: known };
  const model = wanted.find((type) => type === "AzureOpenAIConnection" || type === OPEN_AI);
  if (model !== undefined) return { connection: connections.forModel(name, model) };
  throw resolveToolError(
    node.name,
    "GetConnectionError",
    `Get connection '${name}' for node '${node.name}' error: connection '${name}' is not found. Define it in the file that PROMPTFLOW_CONNECTIONS names.`,
  );
}
