import { type Bounds, compareInterval, compareShare } from "./bounds.ts";
import { rowsNeeded } from "./rows-needed.ts";
import type { RuleOutcome } from "./ruling.ts";
import type { Interval } from "./statistics/interval.ts";
import type { Spread } from "./statistics/spread.ts";
import { meanInterval } from "./statistics/student-t.ts";
import { wilson } from "./statistics/wilson.ts";

/** Where the mean of rows like these lies: Student's interval, or Wilson's for a share; undefined for fewer than two rows. */
export function intervalOfMean(spread: Spread, confidence: number): Interval | undefined {
  const student = meanInterval(spread, confidence);
  return student && spread.isShare ? wilson(rightIn(spread), spread.count, confidence) : student;
}

/**
 * Whether the mean clears its bounds with this confidence. Student's interval alone would let too much through: few grades that are
 * nearly all alike say little of the bad ones. So it also has to clear them widened by what rows could move that are rare enough
 * not to have been seen. How far away such a row lies nobody can know (R. R. Bahadur and L. J. Savage, The nonexistence of certain
 * statistical procedures in nonparametric problems, 1956). It is taken to lie as far as the farthest that was seen on its side, as
 * far as the mean is from 0 (or as `reach` says), and at least 1.
 */
export function compareMean(
  spread: Spread,
  bounds: Bounds,
  confidence: number,
  reach: number = spread.mean,
): RuleOutcome {
  const { count, mean, lowest = mean, highest = mean } = spread;
  const student = meanInterval(spread, confidence);
  if (student === undefined) return "open";
  if (isShareFor(spread, bounds)) {
    return compareShare({ right: rightIn(spread), rows: count }, bounds, confidence);
  }
  const unseen = unseenShare(count, confidence);
  const half = (farthest: number) =>
    Math.hypot(student.high - mean, unseen * Math.max(1, Math.abs(reach), farthest));
  const widened = { low: mean - half(mean - lowest), high: mean + half(highest - mean) };
  return compareInterval(widened, bounds);
}

/** Values that were all 0 or 1 may still be grades of a longer scale; bounds that no share could miss tell. */
export function isShareFor({ isShare }: Spread, { min = 0, max = 1 }: Bounds): boolean {
  return isShare && min >= 0 && max <= 1;
}

/** How many rows would decide, if more of them spread as these do, which are two at least. */
export function rowsForMean(
  spread: Spread,
  bounds: Bounds,
  confidence: number,
  reach?: number,
): number | null {
  const { count: there } = spread;
  return rowsNeeded(there, (count) => {
    const squares = (spread.squares / (there - 1)) * (count - 1);
    return compareMean({ ...spread, count, squares }, bounds, confidence, reach) !== "open";
  });
}

function rightIn({ count, mean }: Spread): number {
  return Math.round(mean * count);
}

/** The share of rows that may well be different where none of so many was. */
function unseenShare(count: number, confidence: number): number {
  return 1 - ((1 - confidence) / 2) ** (1 / count);
}
