import type { Verdict } from "#domain/pipeline.ts";
import { compareShare, fewestRight } from "./bounds.ts";
import type { Evidence, RowTally } from "./evidence.ts";
import { ACCURACY, type GatePolicy } from "./policy.ts";
import type { Ruling } from "./ruling.ts";
import { moreRows, noNumberOfRows, wantedRight } from "./sentences/rows.ts";

/** `needed` is the number of rows that would decide, null where none is known; there only with `inconclusive`. */
export function whatNext(
  outcome: Verdict["outcome"],
  policy: GatePolicy,
  rulings: readonly Ruling[],
  { tally }: Evidence,
  needed: number | null | undefined,
): readonly string[] {
  if (outcome === "inconclusive") {
    return [typeof needed === "number" ? moreRows(needed, tally.expected) : noNumberOfRows()];
  }
  const wanted = outcome === "failed" ? rightRowsWanted(policy, tally) : undefined;
  return [
    ...(wanted === undefined ? [] : [wantedRight(wanted, tally.correct, tally.expected)]),
    ...nextOf(rulings),
  ];
}

/** What to do about the rules, each once. */
export function nextOf(rulings: readonly Ruling[]): readonly string[] {
  return [...new Set(rulings.flatMap(({ next }) => next))];
}

/** The fewest right rows with which every lower bound of accuracy holds; undefined where more of them do not help. */
function rightRowsWanted(
  { metrics, confidence }: GatePolicy,
  { correct, expected }: RowTally,
): number | undefined {
  const rules = metrics.filter(({ name, reportOnly }) => name === ACCURACY && !reportOnly);
  const holds = (right: number) =>
    rules.every(
      ({ min }) => compareShare({ right, rows: expected }, { min }, confidence) === "holds",
    );
  return fewestRight({ right: correct, rows: expected }, holds);
}
