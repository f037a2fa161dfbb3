import { type Connection, type Connections, OPEN_AI } from "./connections.ts";
import { resolveToolError } from "./errors.ts";
import type { FlowNode } from "./flow-file.ts";
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
  | { readonly node: string; readonly path: readonly (string | number)[] };

/** Types literals by the tool's hints and finds its connections. Throws FlowError. */
export function preparePythonNode(
  node: FlowNode,
  description: ToolDescription,
  connections: Connections,
  override: Readonly<Record<string, string>>,
): PythonNode {
  const parameters = [...description.parameters, ...description.construction];
  const literals: Record<string, PythonArgument> = {};
  const given = { ...literalsOf(node), ...override };
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === "") continue;
    const parameter = parameters.find((known) => known.name === name && !known.collected);
    literals[name] = readLiteral(node, name, value, parameter, connections);
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

function readConnection(
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
