import type { FlowInput } from "#emulators/azure-ml/engine/engine.ts";
import type { Connections } from "./connections.ts";
import type { FlexFile } from "./flex-file.ts";
import type { FlowNode } from "./flow-node.ts";
import type { FlowDefinition } from "./flow-parts.ts";
import { loadedNodes } from "./load-nodes.ts";
import { type PythonArgument, readConnection } from "./python-nodes.ts";
import type { PythonPool, ToolDescription, ToolParameter } from "./python-pool.ts";
import { aNode, soleNode } from "./sole-node.ts";

/** The only node of a flex flow; its inputs are known once its code is read. */
export function entryNode({ entry, where }: FlexFile): FlowNode {
  const name = entry.slice(entry.indexOf(":") + 1);
  return aNode({ name, type: "entry", path: entry, where });
}

/** Imports the entry and builds its class. Rejects with FlowError. */
export async function loadFlex(
  file: FlexFile,
  init: Readonly<Record<string, unknown>> | undefined,
  connections: Connections,
  pool: PythonPool,
): Promise<FlowDefinition> {
  const unread = entryNode(file);
  const description = (await pool.describe())[unread.name];
  if (!description) throw new Error(`The worker did not load the entry '${file.entry}'.`);
  const inputs = signature(description.parameters, file.inputs);
  const node: FlowNode = {
    ...unread,
    inputs: Object.fromEntries(Object.keys(inputs).map((name) => [name, { kind: "input", name }])),
  };
  if (description.isClass) {
    const given = init && Object.keys(init).length > 0 ? init : file.sample.init;
    const values = { ...defaults(file.init), ...given };
    await pool.construct({
      node: node.name,
      arguments: constructorArguments(node, description, values, connections),
    });
  }
  const optional = new Set(Object.keys(inputs).filter((name) => inputs[name]?.optional));
  return {
    ...soleNode(node, inputs, file.environmentVariables),
    loaded: loadedNodes(pool, {
      pythons: new Map([[node.name, { node, literals: {}, optional }]]),
    }),
    entry: {
      kind: "flex",
      node: node.name,
      aggregates: description.aggregates === true,
      sample: file.sample.inputs,
    },
  };
}

/** What the file says of an input wins over what the code says. */
function signature(
  parameters: readonly ToolParameter[],
  declared: Readonly<Record<string, FlowInput>>,
): Readonly<Record<string, FlowInput>> {
  return Object.fromEntries(
    parameters
      .filter(({ collected }) => !collected)
      .map((parameter) => {
        const { name, type, hasDefault } = parameter;
        const own = hasDefault ? { default: parameter.default, optional: true } : {};
        return [name, { type, ...own, ...declared[name] }];
      }),
  );
}

function defaults(declared: Readonly<Record<string, FlowInput>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(declared)
      .filter(([, input]) => input.default !== undefined && input.default !== null)
      .map(([name, input]) => [name, input.default]),
  );
}

function constructorArguments(
  node: FlowNode,
  { construction }: ToolDescription,
  values: Readonly<Record<string, unknown>>,
  connections: Connections,
): Readonly<Record<string, PythonArgument>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const parameter = construction.find((known) => known.name === name);
      return [name, constructorArgument(node, parameter, value, connections)];
    }),
  );
}

function constructorArgument(
  node: FlowNode,
  parameter: ToolParameter | undefined,
  value: unknown,
  connections: Connections,
): PythonArgument {
  const wantsConnection = (parameter?.connections.length ?? 0) > 0;
  if (parameter && wantsConnection && typeof value === "string") {
    return readConnection(node, value, parameter, connections);
  }
  if (parameter?.model && typeof value === "object" && value !== null) {
    const fields = value as Readonly<Record<string, unknown>>;
    return {
      model: parameter.model,
      value: connections.modelConfiguration(parameter.model, fields),
    };
  }
  return { value };
}
