import { incompleteBeta } from "./special-functions.ts";

/** The probability of at least `right` successes in `tries`, each with probability `share`. */
export function atLeast(right: number, tries: number, share: number): number {
  if (right <= 0) return 1;
  if (right > tries) return 0;
  return incompleteBeta(share, right, tries - right + 1);
}

/** The probability of at most `right` successes. */
export function atMost(right: number, tries: number, share: number): number {
  return atLeast(tries - right, tries, 1 - share);
}
