import type { Connections } from "./connections.ts";
import { flowError } from "./errors.ts";
import type { FlowNode } from "./flow-node.ts";
import type { MessageFormat } from "./picture-forms.ts";
import type { LoadedPrompty } from "./prompty.ts";
import { type PythonNode, preparePythonNode } from "./python-nodes.ts";
import type { PythonPool } from "./python-pool.ts";
import { loadTemplateNode, type TemplateNode } from "./template-nodes.ts";

export interface LoadedNodes {
  readonly pool: PythonPool;
  template(name: string): TemplateNode;
  python(name: string): PythonNode;
  prompty(name: string): LoadedPrompty;
}

type Overrides = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Loads every node's tool, template and connection. Rejects with FlowError. */
export async function loadNodes(
  nodes: readonly FlowNode[],
  folder: string,
  connections: Connections,
  { overrides, format }: { overrides: Overrides; format: MessageFormat },
  pool: PythonPool,
): Promise<LoadedNodes> {
  checkOverrides(nodes, overrides);
  const templates = new Map<string, TemplateNode>();
  const pythons = new Map<string, PythonNode>();
  for (const node of nodes) {
    if (node.type === "python") continue;
    templates.set(
      node.name,
      await loadTemplateNode(node, folder, connections, overrides[node.name] ?? {}),
    );
  }
  const pythonNodes = nodes.filter(({ type }) => type === "python");
  const descriptions = pythonNodes.length > 0 ? await pool.describe() : {};
  for (const node of pythonNodes) {
    const description = descriptions[node.name];
    if (!description) throw new Error(`The worker did not load node '${node.name}'.`);
    pythons.set(
      node.name,
      await preparePythonNode(node, description, connections, {
        override: overrides[node.name] ?? {},
        pictures: { format, folder },
      }),
    );
  }
  return loadedNodes(pool, { templates, pythons });
}

interface Loaded {
  readonly templates?: ReadonlyMap<string, TemplateNode>;
  readonly pythons?: ReadonlyMap<string, PythonNode>;
  readonly promptys?: ReadonlyMap<string, LoadedPrompty>;
}

export function loadedNodes(
  pool: PythonPool,
  { templates = new Map(), pythons = new Map(), promptys = new Map() }: Loaded,
): LoadedNodes {
  return {
    pool,
    template: (name) => require(templates, name),
    python: (name) => require(pythons, name),
    prompty: (name) => require(promptys, name),
  };
}

const LLM_OVERRIDES = ["connection", "deployment_name", "model"];

function checkOverrides(nodes: readonly FlowNode[], overrides: Overrides): void {
  for (const [name, override] of Object.entries(overrides)) {
    const node = nodes.find((known) => known.name === name);
    if (!node) {
      throw flowError(
        "ConnectionOverrideInvalid",
        `The run's connections name the node '${name}', which is not in the flow. Correct the run YAML.`,
      );
    }
    const unknown = Object.keys(override).find((key) => !LLM_OVERRIDES.includes(key));
    if (node.type === "llm" && unknown !== undefined) {
      throw flowError(
        "ConnectionOverrideInvalid",
        `The run's connections set '${unknown}' of llm node '${name}'. Only ${LLM_OVERRIDES.join(", ")} can be set.`,
      );
    }
  }
}

function require<Item>(items: ReadonlyMap<string, Item>, name: string): Item {
  const item = items.get(name);
  if (!item) throw new Error(`Node '${name}' was not loaded.`);
  return item;
}
