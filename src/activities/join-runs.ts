import type { PlacedRow } from "#domain/dataset-rows.ts";
import { lostIn } from "#domain/failed-lines.ts";
import { joinRow, type LineRecord } from "#domain/gate/join-row.ts";
import type { GatePolicy } from "#domain/gate/policy.ts";
import type { Row } from "#domain/pipeline.ts";
import { inOrder } from "./in-order.ts";

/** The service's own page, which its artifacts are cut by. */
export const PAGE = 25;
const PAGES_AHEAD = 6;

export interface LineReader {
  /** Records of the lines from `first` to `last`, both included, in no order. */
  readLines(run: string, first: number, last: number): Promise<readonly LineRecord[]>;
}

export interface RunsToJoin {
  readonly baseRun: string;
  readonly evaluationRun: string;
  /** Null where the pipeline has only one. */
  readonly variant: string | null;
  readonly datasetName: string | null;
}

export interface JoinedRuns {
  /** Every row of the dataset, in its order, with what both runs have of it. */
  readonly pages: AsyncGenerator<readonly Row[]>;
  /** Lines so far that a run has no answer for. */
  readonly lost: { readonly base: number; readonly evaluation: number };
}

/** `dataset` in pages of {@link PAGE}. */
export function joinRuns(
  runs: LineReader,
  { baseRun, evaluationRun, variant, datasetName }: RunsToJoin,
  dataset: AsyncIterable<readonly PlacedRow[]>,
  correct: GatePolicy["correct"],
): JoinedRuns {
  const lost = { base: 0, evaluation: 0 };

  async function joinPage(page: readonly PlacedRow[]): Promise<Row[]> {
    const [base, evaluation] = await Promise.all([
      readPage(runs, baseRun, page),
      readPage(runs, evaluationRun, page),
    ]);
    return page.map(({ line, inputs }) => {
      const known = { base: base.get(line) ?? [], evaluation: evaluation.get(line) ?? [] };
      const parts = { line, variant, dataset: datasetName, inputs, ...known };
      const without = lostIn(parts);
      lost.base += Number(without.base);
      lost.evaluation += Number(without.evaluation);
      return joinRow(parts, correct);
    });
  }
  return { pages: inOrder(dataset, PAGES_AHEAD, joinPage), lost };
}

/** All records of each line. */
async function readPage(
  runs: LineReader,
  run: string,
  page: readonly PlacedRow[],
): Promise<ReadonlyMap<number, readonly LineRecord[]>> {
  const first = page[0]?.line ?? 0;
  const records = await runs.readLines(run, first, first + PAGE - 1);
  return Map.groupBy(records, ({ index }) => index);
}
