import { z } from "zod";

/** What is needed of a list of values; `squares` is the sum of their squared distances from the mean. */
export const Spread = z.object({
  count: z.number().int().min(0),
  mean: z.number(),
  squares: z.number(),
  /** Whether every value was 0 or 1, so that the mean is a share. Older documents do not say, nor what the lowest and the highest was. */
  isShare: z.boolean().default(false),
  lowest: z.number().optional(),
  highest: z.number().optional(),
});
export type Spread = z.infer<typeof Spread>;

export const NO_VALUES: Spread = { count: 0, mean: 0, squares: 0, isShare: true };

/** One value more, by Welford's method, which loses no digits where values are large and alike. */
export function withValue(spread: Spread, value: number): Spread {
  const { count, mean, squares, isShare, lowest = value, highest = value } = spread;
  const distance = value - mean;
  const next = mean + distance / (count + 1);
  return {
    count: count + 1,
    mean: next,
    squares: squares + distance * (value - next),
    isShare: isShare && (value === 0 || value === 1),
    lowest: Math.min(lowest, value),
    highest: Math.max(highest, value),
  };
}
