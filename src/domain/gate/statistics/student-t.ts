import type { Interval } from "./interval.ts";
import { incompleteBeta, solve } from "./special-functions.ts";
import type { Spread } from "./spread.ts";

/** How many standard errors either side of a mean, with `freedom` = values − 1. */
export function studentDeviate(confidence: number, freedom: number): number {
  // The share of the distribution within ±t.
  const within = (t: number) => 1 - incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
  let far = 2;
  while (within(far) < confidence) far *= 2;
  return solve(within, confidence, 0, far);
}

/**
 * Student's interval for the mean of values that are roughly normal; undefined for fewer than two.
 * Student, The probable error of a mean (1908).
 */
export function meanInterval(spread: Spread, confidence: number): Interval | undefined {
  const { count, mean, squares } = spread;
  if (count < 2) return undefined;
  const error = Math.sqrt(squares / (count - 1) / count);
  const half = studentDeviate(confidence, count - 1) * error;
  return { low: mean - half, high: mean + half };
}
