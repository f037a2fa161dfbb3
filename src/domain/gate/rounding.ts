/** Evaluation flows commonly round to two decimals. */
const ROUNDING = 0.005 + 1e-9;

/** Whether two figures may be the same one; `times` is 2 for a difference of two that may both be rounded. */
export function isRounded(one: number, other: number, times = 1): boolean {
  return Math.abs(one - other) <= times * ROUNDING;
}

/** 0.9 less 0.88 is 0.02, not a hair more. */
export function withoutNoise(difference: number): number {
  return Number(difference.toFixed(12));
}
