import type { FlowInput } from "#emulators/azure-ml/engine/engine.ts";
import type { FlowNode } from "./flow-node.ts";
import type { FlowDefinition } from "./flow-parts.ts";

/** A node that is a whole flow. */
export function aNode(node: Pick<FlowNode, "name" | "type" | "path" | "where">): FlowNode {
  return {
    ...node,
    inputs: {},
    connection: undefined,
    api: undefined,
    aggregation: false,
    activate: undefined,
  };
}

/** The flow that has only this node. */
export function soleNode(
  node: FlowNode,
  inputs: Readonly<Record<string, FlowInput>>,
  environmentVariables: Readonly<Record<string, string>>,
): Pick<FlowDefinition, "flow" | "nodes"> {
  const flow = {
    kind: "dag" as const,
    inputs,
    outputs: {},
    nodes: [node],
    environmentVariables,
    messageFormat: "basic" as const,
  };
  return { flow, nodes: [node] };
}
