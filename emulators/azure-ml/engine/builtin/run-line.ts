import type { LineResult, Row } from "#emulators/azure-ml/engine/engine.ts";
import { bodyOf, LineError, userError } from "./errors.ts";
import type { FinishedLine, FlowParts } from "./flow-parts.ts";
import { loadImages } from "./images.ts";
import { resolveInputs } from "./inputs.ts";
import { type BatchLimits, LineBudget } from "./line-budget.ts";
import { LineRun } from "./line-run.ts";
import type { MappedLine } from "./mapping.ts";
import { writeImages } from "./picture-forms.ts";
import { isDict, plain } from "./python-values.ts";
import { readStreams } from "./streams.ts";

export interface LineMeans extends BatchLimits {
  readonly broken?: string | undefined;
  /** Where paths of pictures begin; the flow's folder unless the data lies elsewhere. */
  readonly imageFolder?: string | undefined;
}

/** Never rejects but for a mistake of the engine: what a flow does wrong is in the result. */
export async function runLine(
  parts: FlowParts,
  { lineNumber, row }: MappedLine,
  { broken, imageFolder, ...limits }: LineMeans,
): Promise<FinishedLine> {
  using seat = parts.loaded.pool.sit();
  const startedAt = new Date(parts.clock.now());
  let inputs = row;
  let run: LineRun | undefined;
  let outputs: Row | null = null;
  let isBare = false;
  let error: LineResult["error"] = null;
  let collected: ReadonlyMap<string, unknown> = new Map();
  let streams: NonNullable<LineResult["streams"]> = {};
  try {
    if (broken !== undefined) throw new LineError(userError("ToolExecutionError", broken));
    inputs = resolveInputs(parts.flow.inputs, row, lineNumber);
    inputs = await loadImages(inputs, parts.flow.inputs, {
      format: parts.flow.messageFormat,
      folder: imageFolder ?? parts.folder,
    });
    const budget = new LineBudget({
      ...limits,
      lineNumber,
      limitMs: parts.lineTimeoutMs,
      clock: parts.clock,
    });
    run = new LineRun(parts.loaded, {
      lineNumber,
      inputs,
      seat,
      budget,
      log: parts.log,
    });
    await run.run(parts.nodes.filter(({ aggregation }) => !aggregation));
    if (parts.entry) {
      const returned = await run.readOutput("output", {
        kind: "node",
        node: parts.entry.node,
        section: "output",
        property: "",
      });
      isBare = !isDict(returned);
      outputs = plain(isBare ? { output: returned } : returned) as Row;
      if (parts.entry.aggregates) collected = new Map([[parts.entry.node, returned]]);
    } else {
      outputs = await readOutputs(parts, run);
      collected = await collect(parts, run);
    }
    streams = readStreams(parts, run.values, outputs);
  } catch (failure) {
    outputs = null;
    error = bodyOf(failure);
  }
  await run?.calls.forget();
  const result: LineResult = {
    lineNumber,
    status: error ? "Failed" : "Completed",
    inputs: writeImages(plain(inputs), parts.flow.messageFormat) as Row,
    outputs: writeImages(outputs, parts.flow.messageFormat) as Row | null,
    error,
    nodes: parts.entry ? {} : { ...run?.statuses },
    startedAt,
    endedAt: new Date(parts.clock.now()),
    isBare,
    streams,
    tokens: { ...(run?.calls.tokens ?? { prompt: 0, completion: 0 }) },
  };
  return { result, collected };
}

async function readOutputs(parts: FlowParts, run: LineRun): Promise<Row> {
  const aggregations = new Set(
    parts.nodes.filter(({ aggregation }) => aggregation).map(({ name }) => name),
  );
  const outputs: Record<string, unknown> = {};
  for (const [name, { reference }] of Object.entries(parts.flow.outputs)) {
    if (reference.kind === "node" && aggregations.has(reference.node)) continue;
    outputs[name] = plain(await run.readOutput(name, reference));
  }
  return outputs;
}

async function collect(parts: FlowParts, run: LineRun): Promise<ReadonlyMap<string, unknown>> {
  const aggregations = parts.nodes.filter(({ aggregation }) => aggregation);
  const names = new Set(aggregations.map(({ name }) => name));
  const collected = new Map<string, unknown>();
  for (const node of aggregations) {
    for (const [name, input] of Object.entries(node.inputs)) {
      if (input.kind === "input" || (input.kind === "node" && !names.has(input.node))) {
        collected.set(`${node.name}.${name}`, await run.values.read(input));
      }
    }
    const when = node.activate?.when;
    if (when?.kind === "input") collected.set(`${node.name}.activate`, await run.values.read(when));
  }
  return collected;
}
