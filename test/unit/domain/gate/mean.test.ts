import { describe, expect, test } from "vitest";
import { compareMean, intervalOfMean } from "#domain/gate/mean.ts";
import { NO_VALUES, withValue } from "#domain/gate/statistics/student-t.ts";

const spreadOf = (values: readonly number[]) => values.reduce(withValue, NO_VALUES);
const repeat = (times: number, ...values: number[]) =>
  Array.from({ length: times }, () => values).flat();

describe("the interval of a mean", () => {
  // statsmodels 0.15.0: proportion_confint(7, 8, 0.05, method="wilson").
  test("of values that are 0 or 1 is that of a share", () => {
    const { low, high } = intervalOfMean(spreadOf([1, 1, 1, 0, 1, 1, 1, 1]), 0.95) ?? {};

    expect(low).toBeCloseTo(0.5291118177871464, 9);
    expect(high).toBeCloseTo(0.9775825085499433, 9);
  });

  // 1 − 0.025^(1/60) of the rows, 5 away: 5 × 0.059625 = 0.2981.
  test("of values that are all alike is what rows could move that were not seen", () => {
    const { low, high } = intervalOfMean(spreadOf(repeat(60, 5)), 0.95) ?? {};

    expect(low).toBeCloseTo(5 - 0.2981, 3);
    expect(high).toBeCloseTo(5 + 0.2981, 3);
  });

  // Student's ±0.86536 (SciPy 1.17.1) and 3.75 × (1 − 0.025^(1/8)) = 1.38536, together √(0.86536² + 1.38536²) = 1.63340.
  test("of others is Student's, widened by as much", () => {
    const { low, high } = intervalOfMean(spreadOf([3, 4, 5, 4, 2, 5, 4, 3]), 0.95) ?? {};

    expect(low).toBeCloseTo(3.75 - 1.6334, 3);
    expect(high).toBeCloseTo(3.75 + 1.6334, 3);
  });

  test("of one value is not known", () => {
    expect(intervalOfMean(spreadOf([4]), 0.95)).toBeUndefined();
    expect(compareMean(spreadOf([4]), { min: 3 }, 0.95)).toBe("open");
    expect(compareMean(spreadOf([1]), { min: 0.5 }, 0.95)).toBe("open");
  });
});

test.each([
  [repeat(100, 4, 5), { min: 3.5 }, "holds"],
  [repeat(100, 4, 5), { min: 4.5 }, "open"],
  [repeat(100, 4, 5), { min: 4.9 }, "fails"],
  [repeat(100, 4, 5), { max: 4.9 }, "holds"],
  [repeat(100, 4, 5), { max: 3.9 }, "fails"],
  [repeat(30, 1, 1, 0), { min: 0.5 }, "holds"],
  [repeat(30, 1, 1, 0), { min: 0.65 }, "open"],
  [repeat(8, 5), { min: 4.6 }, "open"],
] as const)("values %# against %j: %s", (values, bounds, outcome) => {
  expect(compareMean(spreadOf(values), bounds, 0.95)).toBe(outcome);
});
