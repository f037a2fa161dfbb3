import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";
import { type JudgedCell, rivalsOf } from "#domain/gate/contest.ts";
import type { PairedCounts } from "#domain/gate/evidence.ts";
import type { GatePolicy } from "#domain/gate/policy.ts";
import { regrade } from "#domain/gate/row-outcome.ts";
import type { Row } from "#domain/pipeline.ts";
import { RowsByLine } from "#domain/rows-by-line.ts";
import { openRun, pairsOf, type RowsOwner, type StoredRows } from "./measure-cell.ts";
import type { MeasuredCell } from "./report.ts";

/** The runs of the two best variants on one dataset, by their places among the runs of the pipeline. */
export const RunPair = z.object({ leader: z.number().int(), second: z.number().int() });
export type RunPair = z.infer<typeof RunPair>;

/**
 * The runs whose rows say which of the two best variants is better; none where the gate does not ask, or where a run counts
 * more failed lines than its rows show. `judged` and `measured` are in the order of the runs.
 */
export function runsToPair(
  policy: GatePolicy,
  judged: readonly JudgedCell[],
  measured: readonly MeasuredCell[],
): readonly RunPair[] {
  const pairs = rivalsOf(judged, policy);
  const areRowsWhole = pairs
    .flatMap(({ leader, second }) => [measured[leader], measured[second]])
    .every((cell) => cell?.troubles.every(({ claimed, shown }) => claimed <= shown));
  return areRowsWhole ? pairs : [];
}

/** How the rows of both variants came out line by line, as this policy grades them. RESULTS_MISSING where some are gone. */
export async function pairVariants(
  policy: GatePolicy,
  owner: RowsOwner,
  runs: readonly RunPair[],
  stored: StoredRows,
): Promise<PairedCounts> {
  const counts = { rows: 0, onlyLeader: 0, onlySecond: 0 };
  for (const { leader, second } of runs) {
    const { pages } = await openRun(owner, leader, stored);
    const others = new RowsByLine((await openRun(owner, second, stored)).pages);
    for await (const { row, before: other } of pairsOf(pages, others)) {
      if (other === undefined) {
        const message = `Row ${row.line} of run ${second} of ${owner.id} is not there any more.`;
        throw new PipelineError("RESULTS_MISSING", message);
      }
      const [isFirst, isSecond] = [row, other].map((one) => isRight(one, policy));
      counts.rows += 1;
      if (isFirst && !isSecond) counts.onlyLeader += 1;
      if (!isFirst && isSecond) counts.onlySecond += 1;
    }
  }
  return counts;
}

function isRight(row: Row, policy: GatePolicy): boolean {
  return regrade(row, policy).outcome === "correct";
}
