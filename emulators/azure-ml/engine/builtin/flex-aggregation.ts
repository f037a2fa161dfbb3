import type { BatchResult } from "#emulators/azure-ml/engine/engine.ts";
import type { CollectedLines } from "./aggregation.ts";
import { LineError, userError } from "./errors.ts";
import type { Entry, FlowParts } from "./flow-parts.ts";
import { type BatchLimits, LineBudget } from "./line-budget.ts";
import { plain } from "./python-values.ts";

const STAGE = -1;

/** Calls `__aggregate__` with what the succeeded lines returned; its failure only costs the metrics. */
export async function aggregateResults(
  { loaded, log, lineTimeoutMs, clock }: FlowParts,
  entry: Entry,
  lines: CollectedLines,
  { signal, batchEnd }: BatchLimits,
): Promise<Pick<BatchResult, "metrics" | "aggregationError">> {
  const results = lines.column(entry.node);
  using seat = loaded.pool.sit();
  const worker = await loaded.pool.worker(seat);
  const budget = new LineBudget({
    lineNumber: STAGE,
    limitMs: lineTimeoutMs,
    batchEnd,
    signal,
    clock,
  });
  const command = { do: "aggregate" as const, node: entry.node, results };
  try {
    const { ok, error, metrics } = await budget.spend(
      (_signal, begin) => worker.ask(command, "__aggregate__", begin),
      () => worker.kill(),
    );
    if (error) throw failure(error);
    if (!(ok as { isDict: boolean }).isDict) {
      log("WARNING: __aggregate__ did not return a dict, so that there are no metrics.");
    }
    return {
      metrics: Object.fromEntries((metrics ?? []).map(([key, value]) => [key, plain(value)])),
      aggregationError: null,
    };
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    log(`WARNING: ${reason}. The flow has no metrics.`);
    return { metrics: {}, aggregationError: null };
  }
}

function failure({ type, message, filename, lineno }: Readonly<Record<string, unknown>>) {
  const place = filename ? ` at ${filename}:${lineno}` : "";
  return new LineError(
    userError(
      "ScriptExecutionError",
      `Execution failure in '__aggregate__'${place}: (${type}) ${message}`,
    ),
  );
}
