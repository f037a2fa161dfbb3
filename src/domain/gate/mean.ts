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
 * not to have been seen. Such a row is taken to lie as far away as the mean is from 0, and at least 1.
 */
export function compareMean(spread: Spread, bounds: Bounds, confidence: number): RuleOutcome {
  const { count, mean } = spread;
  const student = meanInterval(spread, confidence);
  if (student === undefined) return "open";
  if (spread.isShare) {
    return compareShare({ right: rightIn(spread), rows: count }, bounds, confidence);
  }
  const unseen = unseenShare(count, confidence) * Math.max(1, Math.abs(mean));
  const half = Math.hypot(student.high - mean, unseen);
  return compareInterval({ low: mean - half, high: mean + half }, bounds);
}

/** How many rows would decide, if more of them spread as these do, which are two at least. */
export function rowsForMean(spread: Spread, bounds: Bounds, confidence: number): number | null {
  const { count: there } = spread;
  return rowsNeeded(there, (count) => {
    const squares = (spread.squares / (there - 1)) * (count - 1);
    return compareMean({ ...spread, count, squares }, bounds, confidence) !== "open";
  });
}

function rightIn({ count, mean }: Spread): number {
  return Math.round(mean * count);
}

/** The share of rows that may well be different where none of so many was. */
function unseenShare(count: number, confidence: number): number {
  return 1 - ((1 - confidence) / 2) ** (1 / count);
}
