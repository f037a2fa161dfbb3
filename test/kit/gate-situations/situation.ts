import type { Verdict } from "#domain/pipeline.ts";

/** A verdict, and what it has to say. Figures are worked out by hand, or from the sources that `statistics.test.ts` names. */
export interface Situation {
  readonly what: string;
  readonly verdict: () => Verdict;
  readonly outcome: Verdict["outcome"];
  readonly reasons: readonly string[];
}
