import { type ErrorBody, PipelineError } from "#domain/errors.ts";
import type { Baseline } from "#domain/gate/baseline-meter.ts";
import type { JudgedCell } from "#domain/gate/contest.ts";
import type { Evidence } from "#domain/gate/evidence.ts";
import { couldNotMeasure, judge } from "#domain/gate/judge.ts";
import { measureRows, type PairedRow } from "#domain/gate/measure-rows.ts";
import type { GatePolicy } from "#domain/gate/policy.ts";
import type { Row } from "#domain/pipeline.ts";
import type { ComparedWith, MeasuredCell } from "./report.ts";

/** Rows as pipelines left them, in the order of their lines. */
export interface StoredRows {
  /** Those of one run, and the blob of container `results` that holds them; null where they are not there. */
  readRun(
    id: string,
    index: number,
  ): Promise<{ readonly blob: string; readonly rows: AsyncIterable<Row> } | null>;
  /** All that a pipeline published; null where they are not there. */
  read(id: string): Promise<AsyncIterable<Row> | null>;
}

export interface CellEvidence {
  readonly evidence: Evidence;
  readonly blob: string;
}

/** The evidence of a policy in the rows of one run; `see` is shown each of them. RESULTS_MISSING where they are gone. */
export async function measureCell(
  policy: GatePolicy,
  id: string,
  { index, logged, baseline }: Pick<MeasuredCell, "index" | "logged" | "baseline">,
  stored: StoredRows,
  see: (pair: PairedRow) => void = () => {},
): Promise<CellEvidence> {
  const run = await stored.readRun(id, index);
  if (run === null) {
    const message = `The rows of run ${index} of ${id} are not there any more.`;
    throw new PipelineError("RESULTS_MISSING", message);
  }
  const compared = asksForBaseline(policy) ? baseline : null;
  const before = await rowsBefore(compared, stored);
  const pairs = shownTo(see, pairRows(run.rows, before ?? nothing()));
  const evidence = await measureRows(policy, pairs, logged, baselineOf(compared, before !== null));
  return { evidence, blob: run.blob };
}

async function rowsBefore(
  compared: ComparedWith | null,
  stored: StoredRows,
): Promise<AsyncIterable<Row> | null> {
  if (compared === null || "none" in compared) return null;
  const published = await stored.read(compared.pipeline);
  return published && rowsOf(compared, published);
}

async function* rowsOf(
  { variant, dataset }: Exclude<ComparedWith, { readonly none: string }>,
  published: AsyncIterable<Row>,
): AsyncGenerator<Row> {
  for await (const row of published) {
    const isOfThese = (row.variant ?? null) === variant && (row.dataset ?? null) === dataset;
    if (isOfThese) yield row;
  }
}

/** A verdict of its own for each cell, also for one that gave no evidence. */
export function judgeCell(
  policy: GatePolicy,
  { variant, dataset }: { readonly variant: string | null; readonly dataset: string },
  evidence: Evidence | null,
  { code, message, node }: Pick<ErrorBody, "code" | "message" | "node">,
): JudgedCell {
  const place = { variant, dataset };
  if (evidence !== null) return { ...place, judgement: judge(policy, evidence) };
  return { ...place, judgement: { verdict: couldNotMeasure(policy, message), code, node } };
}

/** Each row beside the other one of its line. */
async function* pairRows(
  rows: AsyncIterable<Row>,
  before: AsyncIterable<Row>,
): AsyncGenerator<PairedRow> {
  const others = before[Symbol.asyncIterator]();
  try {
    let other = await others.next();
    for await (const row of rows) {
      while (!other.done && other.value.line < row.line) other = await others.next();
      const isSame = !other.done && other.value.line === row.line;
      yield { row, before: isSame ? other.value : undefined };
    }
  } finally {
    await others.return?.();
  }
}

async function* shownTo(
  see: (pair: PairedRow) => void,
  pairs: AsyncIterable<PairedRow>,
): AsyncGenerator<PairedRow> {
  for await (const pair of pairs) {
    see(pair);
    yield pair;
  }
}

async function* nothing(): AsyncGenerator<Row> {}

function asksForBaseline({ metrics }: GatePolicy): boolean {
  return metrics.some(({ maxDrop }) => maxDrop !== undefined);
}

function baselineOf(compared: ComparedWith | null, areThere: boolean): Baseline | null {
  if (compared === null || "none" in compared || areThere) return compared;
  return { none: `the rows of ${compared.deployment} on this dataset are not there any more` };
}
