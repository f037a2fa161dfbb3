import type { LoadedFlow } from "#emulators/azure-ml/engine/engine.ts";
import { runBatch } from "./batch.ts";
import type { FlowParts } from "./flow-parts.ts";
import { serveLine } from "./serve-line.ts";

/** A flow that is ready to run. */
export function createLoadedFlow(parts: FlowParts): LoadedFlow {
  return {
    inputs: parts.flow.inputs,
    nodes: parts.entry ? [] : parts.flow.nodes.map(({ name }) => name),
    runBatch: (batch) => runBatch(parts, batch),
    serve: (inputs) => serveLine(parts, inputs),
    [Symbol.asyncDispose]: parts.dispose,
  };
}
