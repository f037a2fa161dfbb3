import { flowError } from "./errors.ts";
import type { FlowFile } from "./flow-file.ts";
import type { FlowNode } from "./flow-node.ts";
import type { Assignment } from "./references.ts";

/** Throws FlowError for what no line could survive; returns the nodes sorted, file order among the ready. */
export function validateFlow(flow: FlowFile): readonly FlowNode[] {
  const byName = new Map<string, FlowNode>();
  for (const node of flow.nodes) {
    const other = byName.get(node.name);
    if (other) {
      throw flowError(
        "DuplicateNodeName",
        `Node name '${node.name}' at ${node.where} is taken by the node at ${other.where}. Give every node its own name.`,
      );
    }
    byName.set(node.name, node);
  }
  for (const node of flow.nodes) checkReferences(node, flow, byName);
  checkOutputs(flow, byName);
  return sortNodes(flow.nodes);
}

/** Names of the nodes that must be over before this one. */
export function dependencies(node: FlowNode): readonly string[] {
  return [...new Set(references(node).flatMap((at) => (at.kind === "node" ? [at.node] : [])))];
}

function references(node: FlowNode): readonly Assignment[] {
  const inputs = Object.values(node.inputs);
  return node.activate ? [...inputs, node.activate.when] : inputs;
}

function checkReferences(
  node: FlowNode,
  flow: FlowFile,
  byName: ReadonlyMap<string, FlowNode>,
): void {
  for (const reference of references(node)) {
    if (reference.kind === "input" && !Object.hasOwn(flow.inputs, reference.name)) {
      throw flowError(
        "InputReferenceNotFound",
        `Node '${node.name}' at ${node.where} references the flow input '${reference.name}', which is not defined. Define it under inputs, or correct the reference.`,
      );
    }
    if (reference.kind !== "node") continue;
    const target = byName.get(reference.node);
    if (!target) {
      throw flowError(
        "NodeReferenceNotFound",
        `Node '${node.name}' at ${node.where} references the node '${reference.node}', which is not in the flow.`,
      );
    }
    checkStage(node, target, reference === node.activate?.when);
  }
}

/** What runs per line and what runs once may read each other only in one direction. */
function checkStage(node: FlowNode, target: FlowNode, isCondition: boolean): void {
  if (target.aggregation && !node.aggregation) {
    throw flowError(
      "InvalidNodeReference",
      `Node '${node.name}' at ${node.where} runs per line and cannot reference the aggregation node '${target.name}'.`,
    );
  }
  if (isCondition && node.aggregation && !target.aggregation) {
    throw flowError(
      "InvalidNodeReference",
      `The activate of aggregation node '${node.name}' at ${node.where} reads '${target.name}', which runs per line. It may read flow inputs and aggregation nodes.`,
    );
  }
}

function checkOutputs(flow: FlowFile, byName: ReadonlyMap<string, FlowNode>): void {
  for (const [name, { reference }] of Object.entries(flow.outputs)) {
    const missing =
      (reference.kind === "input" &&
        !Object.hasOwn(flow.inputs, reference.name) &&
        `flow input '${reference.name}'`) ||
      (reference.kind === "node" && !byName.has(reference.node) && `node '${reference.node}'`);
    if (missing) {
      throw flowError(
        "OutputReferenceNotFound",
        `The output '${name}' references the ${missing}, which is not in the flow.`,
      );
    }
  }
}

function sortNodes(nodes: readonly FlowNode[]): readonly FlowNode[] {
  const sorted: FlowNode[] = [];
  const done = new Set<string>();
  let waiting = nodes;
  while (waiting.length > 0) {
    const ready = waiting.filter((node) => dependencies(node).every((name) => done.has(name)));
    if (ready.length === 0) {
      const circle = waiting.map(({ name }) => name).join(", ");
      throw flowError(
        "NodeCircularDependency",
        `Nodes depend on each other in a circle: ${circle}. Remove one of the references.`,
      );
    }
    for (const node of ready) {
      sorted.push(node);
      done.add(node.name);
    }
    waiting = waiting.filter((node) => !done.has(node.name));
  }
  return sorted;
}
