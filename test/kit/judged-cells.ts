import type { JudgedCell } from "#domain/gate/contest.ts";
import type { Verdict } from "#domain/pipeline.ts";

/** One variant on one dataset that came out so, with one metric and no more. */
export function aJudgedCell(
  variant: string | null,
  outcome: Verdict["outcome"],
  value: number | null,
  { dataset = "data.jsonl", name = "accuracy", low = 0, high = 1 } = {},
): JudgedCell {
  const metrics = { [name]: { value, low, high, ok: outcome === "passed" } };
  const verdict = { outcome, reasons: [`${name} is ${value}`], metrics, rows: null };
  const code = outcome === "error" ? "METRIC_INVALID" : null;
  return { variant, dataset, judgement: { verdict, code, node: null } };
}
