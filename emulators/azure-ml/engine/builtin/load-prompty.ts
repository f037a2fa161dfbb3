import type { Connections } from "./connections.ts";
import type { FlowDefinition } from "./flow-parts.ts";
import { loadedNodes } from "./load-nodes.ts";
import { loadPrompty } from "./prompty.ts";
import type { Environment, PromptyFile } from "./prompty-file.ts";
import type { PythonPool } from "./python-pool.ts";
import { aNode, soleNode } from "./sole-node.ts";

/** A prompty that is a flow of its own. Throws FlowError. */
export function loadPromptyFlow(
  file: PromptyFile,
  connections: Connections,
  environment: Environment,
  pool: PythonPool,
): FlowDefinition {
  const { name } = file;
  const node = aNode({ name, type: "prompty", path: file.file, where: file.file });
  const prompty = loadPrompty(file, connections, environment);
  return {
    ...soleNode(node, file.inputs, file.environmentVariables),
    loaded: loadedNodes(pool, { promptys: new Map([[name, prompty]]) }),
    entry: { kind: "prompty", node: name, aggregates: false, sample: file.sample },
  };
}
