import { comparedMetrics } from "#domain/baseline.ts";
import { type ErrorBody, PipelineError } from "#domain/errors.ts";
import { withTroubles } from "#domain/failed-lines.ts";
import type { JudgedCell } from "#domain/gate/contest.ts";
import type { Evidence } from "#domain/gate/evidence.ts";
import { couldNotMeasure, judge } from "#domain/gate/judge.ts";
import { measureRows, type PairedRow } from "#domain/gate/measure-rows.ts";
import type { GatePolicy } from "#domain/gate/policy.ts";
import type { Row } from "#domain/pipeline.ts";
import type { RowsByLine } from "#domain/rows-by-line.ts";
import { openStableRows, type PublishedRows } from "#domain/stable-rows.ts";
import type { MeasuredCell } from "./report.ts";

type Pages = AsyncGenerator<readonly Row[]>;

/** Rows as pipelines left them, in the order of their lines, a few at a time. */
export interface StoredRows extends PublishedRows {
  /** Those of one run after the last of at most `rounds` repeats, and the blob of container `results` that holds them; null where they are not there. */
  readLast(
    id: string,
    index: number,
    rounds: number,
  ): Promise<{ readonly blob: string; readonly pages: Pages } | null>;
}

/** Whose rows they are, and how often its gate repeated them at most. */
export interface RowsOwner {
  readonly id: string;
  readonly rounds: number;
}

/** The evidence of a policy in the rows of one run; `see` is shown each of them. RESULTS_MISSING where they are gone. */
export async function measureCell(
  policy: GatePolicy,
  { id, rounds }: RowsOwner,
  { index, logged, troubles, baseline }: MeasuredCell,
  stored: StoredRows,
  see?: (pair: PairedRow) => void,
): Promise<{ readonly evidence: Evidence; readonly blob: string }> {
  const last = await openRun({ id, rounds }, index, stored);
  const compared = comparedMetrics(policy).length > 0 ? baseline : null;
  const stable = await openStableRows(compared, stored);
  const pairs = pairsOf(last.pages, stable.rows, see);
  const evidence = await measureRows(policy, pairs, logged, stable.baseline);
  const tally = withTroubles(evidence.tally, troubles);
  return { evidence: { ...evidence, tally }, blob: last.blob };
}

/** The rows of one run. RESULTS_MISSING where they are gone. */
export async function openRun({ id, rounds }: RowsOwner, index: number, stored: StoredRows) {
  const last = await stored.readLast(id, index, rounds);
  if (last !== null) return last;
  const message = `The rows of run ${index} of ${id} are not there any more.`;
  throw new PipelineError("RESULTS_MISSING", message);
}

/** Each row beside the other of the same line, which is closed in the end. */
export async function* pairsOf(
  pages: Pages,
  others: RowsByLine | null,
  see: (pair: PairedRow) => void = () => {},
): AsyncGenerator<PairedRow> {
  try {
    for await (const page of pages) {
      const before = (await others?.beside(page)) ?? [];
      for (const [at, row] of page.entries()) {
        const pair = { row, before: before[at] };
        see(pair);
        yield pair;
      }
    }
  } finally {
    await others?.close();
  }
}

/** Of a run that says neither what came out nor why nothing did. */
export const NO_EVIDENCE = new PipelineError("INTERNAL", "A run ended without a value.").body;

/** A verdict of its own for each cell, also for one that gave no evidence. */
export function judgeCell(
  policy: GatePolicy,
  { variant, dataset }: { readonly variant: string | null; readonly dataset: string },
  evidence: Evidence | null,
  error: ErrorBody | null,
): JudgedCell {
  const place = { variant, dataset };
  if (evidence !== null) return { ...place, judgement: judge(policy, evidence) };
  const { code, message, node } = error ?? NO_EVIDENCE;
  return { ...place, judgement: { verdict: couldNotMeasure(policy, message), code, node } };
}
