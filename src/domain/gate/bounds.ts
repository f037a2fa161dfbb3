import type { Doubt, RuleOutcome } from "./ruling.ts";
import { atLeast, atMost } from "./statistics/binomial.ts";
import type { Interval } from "./statistics/interval.ts";
import { wilson } from "./statistics/wilson.ts";

/** What a figure may be, both ends included. */
export interface Bounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** Right rows among all. */
export interface Share {
  readonly right: number;
  readonly rows: number;
}

/** Intervals that are only shown, where the point decides. */
export const SHOWN_CONFIDENCE = 0.95;

/** No rounding: a figure a hair below its bound is below it. */
export function compareValue(
  value: number,
  { min = -Infinity, max = Infinity }: Bounds,
): RuleOutcome {
  return Number.isFinite(value) && value >= min && value <= max ? "holds" : "fails";
}

/** With a confidence the whole interval must lie on one side of a bound. */
export function compareInterval(
  { low, high }: Interval,
  { min = -Infinity, max = Infinity }: Bounds,
): RuleOutcome {
  if (low >= min && high <= max) return "holds";
  return high < min || low > max ? "fails" : "open";
}

/** Why a rule is open, where its interval does not include a bound; `otherwise` is the doubt that its kind of figure knows. */
export function doubtOf(
  outcome: RuleOutcome,
  interval: Interval | undefined,
  bounds: Bounds,
  otherwise: Doubt,
): Doubt | undefined {
  const isCleared = interval !== undefined && compareInterval(interval, bounds) !== "open";
  return outcome === "open" && isCleared ? otherwise : undefined;
}

/** Of a share of rows; with `confidence` 0 the share itself decides. */
export function compareShare(
  { right, rows }: Share,
  bounds: Bounds,
  confidence: number,
): RuleOutcome {
  if (confidence === 0 || rows === 0) return compareValue(right / rows, bounds);
  const outcome = compareInterval(wilson(right, rows, confidence), bounds);
  return outcome === "holds" && !isUnlikely({ right, rows }, bounds, confidence) ? "open" : outcome;
}

/** The fewest right rows, more than there are, with which it holds; undefined where more do not help. */
export function fewestRight(
  { right, rows }: Share,
  holds: (right: number) => boolean,
): number | undefined {
  if (holds(right) || !holds(rows)) return undefined;
  let [tooFew, enough] = [right, rows];
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (holds(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}

/**
 * Wilson's interval lets more through than it promises where a bound is close to 0 or 1 and rows are few. So what holds must also be
 * this unlikely for a flow that is exactly at the bound, counted out.
 */
function isUnlikely(
  { right, rows }: Share,
  { min = 0, max = 1 }: Bounds,
  confidence: number,
): boolean {
  const byMin = min <= 0 ? 0 : atLeast(right, rows, min);
  const byMax = max >= 1 ? 0 : atMost(right, rows, max);
  return Math.max(byMin, byMax) <= 1 - confidence;
}
