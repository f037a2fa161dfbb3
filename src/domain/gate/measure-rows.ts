import type { Row } from "#domain/pipeline.ts";
import type { Baseline } from "./baseline-meter.ts";
import type { Evidence, LoggedMetrics } from "./evidence.ts";
import { Meter } from "./meter.ts";
import type { GatePolicy } from "./policy.ts";
import { regrade } from "./row-outcome.ts";

/** One row beside that of the baseline on the same line. */
export interface PairedRow {
  readonly row: Row;
  readonly before?: Row | undefined;
}

/** Stored rows of one variant on one dataset, as another policy sees them. */
export async function measureRows(
  policy: GatePolicy,
  rows: AsyncIterable<PairedRow>,
  logged: LoggedMetrics,
  baseline: Baseline | null,
): Promise<Evidence> {
  const meter = new Meter(policy, baseline);
  for await (const { row, before } of rows) {
    meter.add(regrade(row, policy), before && regrade(before, policy));
  }
  return meter.evidence(logged);
}
