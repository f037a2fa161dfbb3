import { limitedVerdict } from "#domain/document-limits.ts";
import { settle } from "#domain/gate/contest.ts";
import { couldNotMeasure } from "#domain/gate/judge.ts";
import type { GatePolicy } from "#domain/gate/policy.ts";
import type { Verdict } from "#domain/pipeline.ts";
import { judgeCell, measureCell, NO_EVIDENCE, type StoredRows } from "./measure-cell.ts";
import { pairVariants, runsToPair } from "./pair-variants.ts";
import type { Report } from "./report.ts";

/** What a rehearsal needs of a report. */
export type StoredPipeline = Pick<Report, "id" | "policy" | "verdict" | "cells">;

/** The verdict that a pipeline's stored rows would get from another gate. RESULTS_MISSING where they are gone. */
export async function rehearse(
  policy: GatePolicy,
  { id, policy: own, cells, verdict }: StoredPipeline,
  stored: StoredRows,
): Promise<Verdict> {
  // Nothing was measured, and the first reason says why.
  if (cells.length === 0)
    return couldNotMeasure(policy, verdict?.reasons[0] ?? NO_EVIDENCE.message);
  const owner = { id, rounds: own.repeats };
  const judged = [];
  for (const cell of cells) {
    const { error } = cell;
    const measured = error === null ? await measureCell(policy, owner, cell, stored) : null;
    judged.push(judgeCell(policy, cell, measured?.evidence ?? null, error));
  }
  const runs = runsToPair(policy, judged, cells);
  const paired = runs.length === 0 ? null : await pairVariants(policy, owner, runs, stored);
  return limitedVerdict(settle(judged, policy, paired).verdict);
}
