import type { Batch, BatchResult, LineResult } from "#emulators/azure-ml/engine/engine.ts";
import { aggregate, CollectedLines } from "./aggregation.ts";
import { flowError } from "./errors.ts";
import { aggregateResults } from "./flex-aggregation.ts";
import type { FlowParts } from "./flow-parts.ts";
import { type MappedLine, mapLines } from "./mapping.ts";
import { runLine } from "./run-line.ts";

/** Every line, then the aggregation. Rejects with FlowError for what concerns all lines. */
export async function runBatch(parts: FlowParts, batch: Batch): Promise<BatchResult> {
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
