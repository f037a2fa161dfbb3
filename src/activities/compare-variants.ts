import type { StoredRows } from "#domain/report/measure-cell.ts";
import { pairVariants } from "#domain/report/pair-variants.ts";
import { compareVariants } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export function createCompareVariants(rows: StoredRows) {
  return implement(compareVariants, ({ id, policy, runs }) =>
    pairVariants(policy, { id, rounds: policy.repeats }, runs, rows),
  );
}
