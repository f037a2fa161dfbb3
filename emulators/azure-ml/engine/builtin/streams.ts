import type { LineResult, Row } from "#emulators/azure-ml/engine/engine.ts";
import type { FlowParts } from "./flow-parts.ts";
import type { LineValues } from "./line-values.ts";

type Streams = NonNullable<LineResult["streams"]>;

/** What a streaming answer would send piece by piece. */
export function readStreams(
  { flow, nodes, entry }: FlowParts,
  values: LineValues,
  outputs: Row,
): Streams {
  const streams: Record<string, readonly unknown[]> = {};
  if (entry) {
    for (const name of Object.keys(outputs)) {
      const chunks =
        values.chunks(entry.node, name) ?? (name === "output" && values.chunks(entry.node));
      if (chunks) streams[name] = chunks;
    }
    return streams;
  }
  for (const [name, { reference }] of Object.entries(flow.outputs)) {
    if (reference.kind !== "node") continue;
    const { node, property } = reference;
    const chunks = values.chunks(node, property);
    const text = outputs[name];
    const isModels = nodes.find((known) => known.name === node)?.type === "llm";
    if (chunks) streams[name] = chunks;
    else if (isModels && typeof text === "string" && !isRead(nodes, node)) streams[name] = [text];
  }
  return streams;
}

/** A model's answer that another node reads has to be there before that node runs. */
function isRead(nodes: FlowParts["nodes"], node: string): boolean {
  return nodes.some(({ inputs }) =>
    Object.values(inputs).some((input) => input.kind === "node" && input.node === node),
  );
}
