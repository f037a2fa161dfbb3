import { atMost } from "./binomial.ts";
import type { Interval } from "./interval.ts";
import { normalDeviate } from "./normal.ts";
import { solve } from "./special-functions.ts";

/** The same rows answered twice: how many there are, and on how many the two disagree. */
export interface Pairs {
  readonly rows: number;
  /** Right before, not right now. */
  readonly broken: number;
  /** Not right before, right now. */
  readonly fixed: number;
}

/**
 * McNemar's exact test, two-sided: how likely rows disagree so unevenly if neither answer is the better one.
 * Q. McNemar, Note on the sampling error of the difference between correlated proportions (1947).
 */
export function mcnemar({ broken, fixed }: Omit<Pairs, "rows">): number {
  return Math.min(1, 2 * atMost(Math.min(broken, fixed), broken + fixed, 0.5));
}

/** The share of right rows before less that now. */
export function dropOf({ rows, broken, fixed }: Pairs): number {
  return (broken - fixed) / rows;
}

/**
 * The score interval of that drop. It also holds where few rows or none disagree.
 * T. Tango, Equivalence test and confidence interval for the difference in proportions for the paired-sample design (1998).
 */
export function dropInterval(pairs: Pairs, confidence: number): Interval {
  const z = normalDeviate(confidence);
  const drop = dropOf(pairs);
  // The score falls as the drop that is assumed grows.
  const falling = (assumed: number) => -scoreOf(pairs, assumed);
  return {
    low: solve(falling, -z, -1, drop),
    high: solve(falling, z, drop, 1),
  };
}

/** How many standard errors the drop lies above the one that is assumed. */
function scoreOf(pairs: Pairs, assumed: number): number {
  const { rows, broken, fixed } = pairs;
  const distance = broken - fixed - rows * assumed;
  const variance = rows * (2 * likelyFixed(pairs, assumed) + assumed * (1 - assumed));
  return distance / Math.sqrt(Math.max(0, variance));
}

/** The likeliest share of fixed rows, given the drop. */
function likelyFixed({ rows, broken, fixed }: Pairs, assumed: number): number {
  const a = 2 * rows;
  const b = -broken - fixed + (a - broken + fixed) * assumed;
  const c = -fixed * assumed * (1 - assumed);
  return (Math.sqrt(Math.max(0, b * b - 4 * a * c)) - b) / (2 * a);
}
