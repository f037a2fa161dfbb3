import type { Interval } from "./interval.ts";
import { normalDeviate } from "./normal.ts";

/**
 * Wilson's score interval for a share. `confidence` is two-sided, e.g. 0.95; `rows` at least 1.
 * E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927).
 */
export function wilson(right: number, rows: number, confidence: number): Interval {
  const z = normalDeviate(confidence);
  const share = right / rows;
  const scale = 1 + (z * z) / rows;
  const centre = (share + (z * z) / (2 * rows)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / rows + (z * z) / (4 * rows * rows));
  return {
    low: right === 0 ? 0 : centre - half,
    high: right === rows ? 1 : centre + half,
  };
}
