import { solve } from "./special-functions.ts";

/** Beyond it nothing of the distribution is left in double precision. */
const FAR = 8.5;

/** The standard normal distribution up to `x`, from 0 to `FAR`; absolute error below 1e-15. */
function normalCumulative(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n += 1) {
    term *= (x * x) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** How many standard deviations either side hold the share `confidence`, e.g. 1.96 for 0.95. */
export function normalDeviate(confidence: number): number {
  return solve(normalCumulative, 0.5 + confidence / 2, 0, FAR);
}
