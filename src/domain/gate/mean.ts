import { type Bounds, compareInterval, compareShare } from "./bounds.ts";
import type { RuleOutcome } from "./ruling.ts";
import type { Interval } from "./statistics/interval.ts";
import { meanInterval, type Spread } from "./statistics/student-t.ts";
import { wilson } from "./statistics/wilson.ts";

/**
 * Where the mean of rows like these lies; undefined for fewer than two. Values that are all 0 or 1 are a share. Else
 * Student's interval, widened by what rows could move that are rare enough not to have been seen: few grades that are nearly all
 * alike say little of the bad ones. Such a row is taken to lie as far away as the mean is from 0, and at least 1.
 */
export function intervalOfMean(spread: Spread, confidence: number): Interval | undefined {
  const { count, mean } = spread;
  if (count < 2) return undefined;
  if (isShare(spread)) return wilson(rightIn(spread), count, confidence);
  const { high = mean } = meanInterval(spread, confidence) ?? {};
  const half = Math.hypot(high - mean, unseen(count, confidence) * Math.max(1, Math.abs(mean)));
  return { low: mean - half, high: mean + half };
}

/** Whether the mean clears its bounds with this confidence. */
export function compareMean(spread: Spread, bounds: Bounds, confidence: number): RuleOutcome {
  if (spread.count >= 2 && isShare(spread)) {
    return compareShare({ right: rightIn(spread), rows: spread.count }, bounds, confidence);
  }
  const interval = intervalOfMean(spread, confidence);
  return interval === undefined ? "open" : compareInterval(interval, bounds);
}

/** Of all values within 0 and 1, only those that are 0 or 1 spread as far as their mean allows. */
function isShare({ count, mean, squares }: Spread): boolean {
  const farthest = count * mean * (1 - mean);
  return mean >= 0 && mean <= 1 && Math.abs(squares - farthest) <= 1e-9 * count;
}

function rightIn({ count, mean }: Spread): number {
  return Math.round(mean * count);
}

/** The share of rows that may well be different where none of so many was. */
function unseen(count: number, confidence: number): number {
  return 1 - ((1 - confidence) / 2) ** (1 / count);
}
