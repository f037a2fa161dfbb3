import { setImmediate } from "node:timers/promises";
import type { Batch, BatchResult, LineResult } from "#emulators/azure-ml/engine/engine.ts";
import type { Clock } from "#emulators/kit/clock.ts";
import { aggregate, CollectedLines } from "./aggregation.ts";
import { flowError } from "./errors.ts";
import { aggregateResults } from "./flex-aggregation.ts";
import type { FlowParts } from "./flow-parts.ts";
import { keepForLater, type PlannedLine, withKnown } from "./known-lines.ts";
import type { BatchEnd, BatchLimits } from "./line-budget.ts";
import { mapLines } from "./mapping.ts";
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
    const lines = withKnown(mapLines(parts.flow.inputs, batch), batch.known ?? []);
    const limits = { signal, batchEnd: endOf(parts) };
    const { kept, collected } = await runLines(parts, lines, batch, limits);
    requireTime(parts, limits);
    const { metrics, aggregationError } = await aggregateLines(parts, collected, limits);
    requireTime(parts, limits);
    return { lines: kept, metrics, aggregationError };
  } finally {
    signal.removeEventListener("abort", interrupt);
  }
}

function endOf({ batchTimeoutMs: limitMs, clock }: FlowParts): BatchEnd | undefined {
  return limitMs === undefined ? undefined : { at: clock.now() + limitMs, limitMs };
}

/** Throws FlowError when the batch has had its time, and the signal's reason when it was cancelled. */
function requireTime({ clock }: FlowParts, { signal, batchEnd }: BatchLimits): void {
  signal.throwIfAborted();
  if (!batchEnd || !isOver(batchEnd, clock)) return;
  throw flowError(
    "BatchRunTimeoutError",
    `The batch run failed due to timeout [${batchEnd.limitMs / 1_000}s]. Please adjust the timeout to a higher value: it is PF_BATCH_TIMEOUT_SEC.`,
  );
}

function isOver(end: BatchEnd | undefined, clock: Clock): boolean {
  return end !== undefined && end.at <= clock.now();
}

async function aggregateLines(
  parts: FlowParts,
  collected: CollectedLines,
  limits: BatchLimits,
): Promise<Pick<BatchResult, "metrics" | "aggregationError">> {
  const { entry } = parts;
  if (!entry) return aggregate(parts, collected, limits);
  if (entry.aggregates) return aggregateResults(parts, entry, collected, limits);
  return { metrics: {}, aggregationError: null };
}

async function runLines(
  parts: FlowParts,
  lines: Generator<PlannedLine>,
  batch: Batch,
  limits: BatchLimits,
): Promise<{ kept: readonly LineResult[]; collected: CollectedLines }> {
  const kept: LineResult[] = [];
  const collected = new CollectedLines();
  let count = 0;
  let skipped = 0;
  const finish = async ({ known, ...line }: PlannedLine) => {
    if (known) {
      skipped += 1;
      // It takes no time of its own: whoever wants to cancel gets theirs.
      await setImmediate();
      return known;
    }
    const broken = batch.breakLine?.(line.lineNumber);
    const means = { ...limits, broken, imageFolder: batch.folder };
    return keepForLater(await runLine(parts, line, means));
  };
  const drain = async () => {
    for (let next = lines.next(); !next.done; next = lines.next()) {
      const index = count;
      count += 1;
      limits.signal.throwIfAborted();
      if (isOver(limits.batchEnd, parts.clock)) return;
      const done = await finish(next.value);
      limits.signal.throwIfAborted();
      collected.add(index, done);
      if (batch.onLine) batch.onLine(done.result);
      else kept[index] = done.result;
    }
  };
  try {
    await Promise.all(Array.from({ length: parts.linesAtOnce }, drain));
  } finally {
    lines.return(undefined);
  }
  if (skipped > 0) parts.log(`Skipped the execution of ${skipped} existing results.`);
  return { kept, collected };
}
