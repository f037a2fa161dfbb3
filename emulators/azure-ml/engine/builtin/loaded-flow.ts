import type {
  Batch,
  BatchResult,
  LineResult,
  LoadedFlow,
  Row,
} from "#emulators/azure-ml/engine/engine.ts";
import { aggregate, CollectedLines } from "./aggregation.ts";
import { bodyOf, flowError, LineError, userError } from "./errors.ts";
import { aggregateResults } from "./flex-aggregation.ts";
import type { FinishedLine, FlowParts } from "./flow-parts.ts";
import { loadImages, writeImages } from "./images.ts";
import { requiredInputs, resolveInputs } from "./inputs.ts";
import { LineBudget } from "./line-budget.ts";
import { LineRun } from "./line-run.ts";
import { type MappedLine, mapLines } from "./mapping.ts";
import { isDict, plain, pythonRepr } from "./python-values.ts";
import { readStreams } from "./streams.ts";

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

async function runBatch(parts: FlowParts, batch: Batch): Promise<BatchResult> {
  if (Object.keys(parts.flow.inputs).length === 0) {
    throw flowError(
      "FlowHasNoInputs",
      "A batch run needs a flow with inputs, and this one has none. Declare them under inputs.",
    );
  }
  const signal = batch.signal ?? new AbortController().signal;
  const interrupt = () => parts.loaded.pool.interrupt();
  signal.throwIfAborted();
  signal.addEventListener("abort", interrupt);
  try {
    const lines = mapLines(parts.flow.inputs, batch);
    const { kept, collected } = await runLines(parts, lines, batch, signal);
    signal.throwIfAborted();
    const { metrics, aggregationError } = await aggregateLines(parts, collected, signal);
    signal.throwIfAborted();
    return { lines: kept, metrics, aggregationError };
  } finally {
    signal.removeEventListener("abort", interrupt);
  }
}

async function aggregateLines(
  parts: FlowParts,
  collected: CollectedLines,
  signal: AbortSignal,
): Promise<Pick<BatchResult, "metrics" | "aggregationError">> {
  const { entry } = parts;
  if (!entry) return aggregate(parts, collected, signal);
  if (entry.aggregates) return aggregateResults(parts, entry, collected, signal);
  return { metrics: {}, aggregationError: null };
}

async function runLines(
  parts: FlowParts,
  lines: Iterable<MappedLine>,
  batch: Batch,
  signal: AbortSignal,
): Promise<{ kept: readonly LineResult[]; collected: CollectedLines }> {
  const kept: LineResult[] = [];
  const collected = new CollectedLines();
  const queue = lines[Symbol.iterator]();
  let count = 0;
  const drain = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const line = next.value;
      const index = count;
      count += 1;
      signal.throwIfAborted();
      const broken = batch.breakLine?.(line.lineNumber);
      const done = await runLine(parts, line, { broken, signal, imageFolder: batch.folder });
      signal.throwIfAborted();
      collected.add(index, done);
      if (batch.onLine) batch.onLine(done.result);
      else kept[index] = done.result;
    }
  };
  try {
    await Promise.all(Array.from({ length: parts.linesAtOnce }, drain));
  } finally {
    queue.return?.();
  }
  return { kept, collected };
}

interface LineMeans {
  readonly broken?: string | undefined;
  readonly signal: AbortSignal;
  /** Where paths of pictures begin; the flow's folder unless the data lies elsewhere. */
  readonly imageFolder?: string | undefined;
}

async function runLine(
  parts: FlowParts,
  { lineNumber, row }: MappedLine,
  { broken, signal, imageFolder }: LineMeans,
): Promise<FinishedLine> {
  using seat = parts.loaded.pool.sit();
  const startedAt = new Date(parts.clock.now());
  let inputs = row;
  let run: LineRun | undefined;
  let outputs: Row | null = null;
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
    const budget = new LineBudget(lineNumber, parts.lineTimeoutMs, signal, parts.clock);
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
      outputs = plain(isDict(returned) ? returned : { output: returned }) as Row;
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
    streams,
    tokens: { ...(run?.calls.tokens ?? { prompt: 0, completion: 0 }) },
  };
  return { result, collected };
}

async function serveLine(
  parts: FlowParts,
  body: Readonly<Record<string, unknown>>,
): Promise<LineResult> {
  const given = parts.entry && Object.keys(body).length === 0 ? parts.entry.sample : body;
  const missing = requiredInputs(parts.flow.inputs).filter((name) => !Object.hasOwn(given, name));
  if (missing.length > 0) {
    const now = new Date(parts.clock.now());
    const message = `Required input fields ${pythonRepr([...missing])} are missing in request data ${pythonRepr(given)}. Send a JSON object that has them.`;
    const error = userError("MissingRequiredFlowInput", message);
    const tokens = { prompt: 0, completion: 0 };
    return {
      lineNumber: 0,
      status: "Failed",
      inputs: given,
      outputs: null,
      error,
      nodes: {},
      startedAt: now,
      endedAt: now,
      streams: {},
      tokens,
    };
  }
  const row = Object.fromEntries(
    Object.keys(parts.flow.inputs)
      .filter((name) => Object.hasOwn(given, name))
      .map((name) => [name, given[name]]),
  );
  const signal = new AbortController().signal;
  const { result } = await runLine(parts, { lineNumber: 0, row }, { signal });
  const shown = (name: string) =>
    parts.flow.outputs[name]?.evaluationOnly !== true &&
    (parts.includedFields?.includes(name) ?? true);
  const outputs = Object.entries(result.outputs ?? {}).filter(([name]) => shown(name));
  return { ...result, outputs: result.outputs && Object.fromEntries(outputs) };
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
