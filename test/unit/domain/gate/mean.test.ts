import { describe, expect, test } from "vitest";
import { compareMean, intervalOfMean, rowsForMean } from "#domain/gate/mean.ts";
import { NO_VALUES, Spread, withValue } from "#domain/gate/statistics/spread.ts";
import { meanInterval } from "#domain/gate/statistics/student-t.ts";
import { wilson } from "#domain/gate/statistics/wilson.ts";

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

  test("of values that are all alike is their value", () => {
    expect(intervalOfMean(spreadOf(repeat(60, 5)), 0.95)).toEqual({ low: 5, high: 5 });
  });

  // ±0.86536: SciPy 1.17.1.
  test("of others is Student's", () => {
    const { low, high } = intervalOfMean(spreadOf([3, 4, 5, 4, 2, 5, 4, 3]), 0.95) ?? {};

    expect(low).toBeCloseTo(3.75 - 0.86536, 4);
    expect(high).toBeCloseTo(3.75 + 0.86536, 4);
  });

  test("of one value is not known", () => {
    expect(intervalOfMean(spreadOf([4]), 0.95)).toBeUndefined();
    expect(compareMean(spreadOf([4]), { min: 3 }, 0.95)).toBe("open");
    expect(intervalOfMean(spreadOf([1]), 0.95)).toBeUndefined();
    // As a share it would hold: 1 of 1 is 0.207 at least, and 0.04 of the time by chance.
    expect(compareMean(spreadOf([1]), { min: 0.04 }, 0.95)).toBe("open");
  });

  // The mean is 0.5 and the sum of squares 0.26; 3.182 × √(0.26 / 3 / 4) = 0.468.
  test("of values within 0 and 1 is Student's", () => {
    const { low, high } = intervalOfMean(spreadOf([0.2, 0.4, 0.9, 0.5]), 0.95) ?? {};

    expect(low).toBeCloseTo(0.0316, 3);
    expect(high).toBeCloseTo(0.9684, 3);
  });

  // 0.3² + 1.1782² = 0.3 + 1.1782, as of values that are 0 or 1; mean 0.73912, ±12.706 × 0.43912 (t of one degree: 12.7062).
  test("of values that only add up as 0 and 1 do is Student's", () => {
    const sums = intervalOfMean(spreadOf([0.3, 0.5 + Math.sqrt(0.46)]), 0.95);

    expect(sums?.low).toBeCloseTo(0.73912 - 5.5795, 3);
    expect(sums?.high).toBeCloseTo(0.73912 + 5.5795, 3);
  });

  test.each([0.5, 2, -1])("of a single %d among those that are 0 or 1 is Student's", (other) => {
    for (const values of [
      [other, 1, 0],
      [1, 0, other],
    ]) {
      const spread = spreadOf(values);

      expect(spread.isShare).toBe(false);
      expect(intervalOfMean(spread, 0.95)).toEqual(meanInterval(spread, 0.95));
    }
  });

  test("of a document that does not say whether they are 0 or 1 is Student's", () => {
    const { isShare, ...old } = spreadOf([1, 1, 0, 1]);
    const read = Spread.parse(old);

    expect(isShare).toBe(true);
    expect(read).toEqual({ ...old, isShare: false });
    expect(intervalOfMean(read, 0.95)).toEqual(meanInterval(read, 0.95));
  });

  test("of very many values that are 0 or 1 is still that of a share", () => {
    const { low } = intervalOfMean(spreadOf(repeat(100_000, 0, 0, 1)), 0.95) ?? {};
    const { low: student } = meanInterval(spreadOf(repeat(100_000, 0, 0, 1)), 0.95) ?? {};

    expect(low).toBe(wilson(100_000, 300_000, 0.95).low);
    expect(low).not.toBe(student);
  });
});

// What rows could move that were not seen: 1 − 0.025^(1/60) of them, 5 away, is 0.29813.
test.each([
  [{ min: 4.7018 }, "holds"],
  [{ min: 4.702 }, "open"],
  [{ max: 5.298 }, "open"],
  [{ max: 5.2982 }, "holds"],
] as const)("sixty values of 5 against %j: %s", (bounds, outcome) => {
  expect(compareMean(spreadOf(repeat(60, 5)), bounds, 0.95)).toBe(outcome);
});

// Student's ±0.86536 (SciPy 1.17.1) and 3.75 × (1 − 0.025^(1/8)) = 1.38536, together √(0.86536² + 1.38536²) = 1.63340.
test.each([
  [{ min: 2.116 }, "holds"],
  [{ min: 2.117 }, "open"],
  [{ min: 5.383 }, "open"],
  [{ min: 5.384 }, "fails"],
] as const)("eight grades with a mean of 3.75 against %j: %s", (bounds, outcome) => {
  expect(compareMean(spreadOf([3, 4, 5, 4, 2, 5, 4, 3]), bounds, 0.95)).toBe(outcome);
});

// The same row, worked out: with n rows of variance 7.5 / 7, √((t × √(7.5 / 7 / n))² + (3.75 × (1 − 0.025^(1/n)))²) is 1.275 for 11 and
// 1.191 for 12 (t = 2.22814 and 2.20099), and 3.75 − 2.5 is 1.25.
test("rows that would decide about a mean", () => {
  expect(rowsForMean(spreadOf([3, 4, 5, 4, 2, 5, 4, 3]), { min: 2.5 }, 0.95)).toBe(12);
  // Of 3 and 5, with variance 2: 3.297 for 4 rows and 2.728 for 5 (t = 3.18245 and 2.77645).
  expect(rowsForMean(spreadOf([3, 5]), { min: 1 }, 0.95)).toBe(5);
  // Seven of eight against 0.6, as in the guide for accuracy.
  expect(rowsForMean(spreadOf([1, 1, 1, 0, 1, 1, 1, 1]), { min: 0.6 }, 0.95)).toBe(11);
});

// A bad row of values near 0 is taken to lie 1 away: 1 − 0.025^(1/60) of them is 0.05963.
test.each([
  [{ min: -0.1597 }, "holds"],
  [{ min: -0.1596 }, "open"],
] as const)("sixty values of -0.1 against %j: %s", (bounds, outcome) => {
  expect(compareMean(spreadOf(repeat(60, -0.1)), bounds, 0.95)).toBe(outcome);
});

describe("one value far from the others", () => {
  const oneHigh = [1, 1, 1, 1, 1, 1, 1, 9];
  const oneLow = oneHigh.map((value) => -value);

  // Student's ±2.36462 (t of 7 degrees, standard error 1) and 0.36942 of the farthest on that side: 7 above, 2 (to 0) below.
  test.each([
    [oneHigh, { max: 5.504 }, "open"],
    [oneHigh, { max: 5.505 }, "holds"],
    [oneHigh, { min: -0.477 }, "open"],
    [oneHigh, { min: -0.478 }, "holds"],
    [oneLow, { min: -5.504 }, "open"],
    [oneLow, { min: -5.505 }, "holds"],
    [oneLow, { max: 0.477 }, "open"],
    [oneLow, { max: 0.478 }, "holds"],
  ] as const)("says how far rows may lie that were not seen: %j against %j: %s", (...given) => {
    const [values, bounds, outcome] = given;
    expect(compareMean(spreadOf(values), bounds, 0.95)).toBe(outcome);
  });

  test.each([
    [oneHigh, { max: 4.477 }, "open"],
    [oneHigh, { max: 4.478 }, "holds"],
    [oneLow, { min: -4.477 }, "open"],
    [oneLow, { min: -4.478 }, "holds"],
  ] as const)("is not known of older documents: %j against %j: %s", (values, bounds, outcome) => {
    const { lowest, highest, ...old } = spreadOf(values);

    expect([Number(lowest), Number(highest)].map(Math.abs).sort()).toEqual([1, 9]);
    expect(compareMean(old, bounds, 0.95)).toBe(outcome);
  });
});

// 1 − 0.025^(1/60) is 0.05963, 4 times that 0.23852.
test.each([4, -4])("rows that were not seen lie as far away as a reach of %d says", (reach) => {
  const zeros = { ...spreadOf(repeat(60, 0)), isShare: false };

  expect(compareMean(zeros, { max: 0.2385 }, 0.95, reach)).toBe("open");
  expect(compareMean(zeros, { max: 0.2386 }, 0.95, reach)).toBe("holds");
});

// As shares they would hold: none is more than 1, or less than 0. 1 − 0.025^(1/60) is 0.05963.
test.each([
  [1, { max: 1.059 }, "open"],
  [1, { max: 1.06 }, "holds"],
  [1, { max: 1 }, "holds"],
  [0, { min: -0.059 }, "open"],
  [0, { min: -0.06 }, "holds"],
  [0, { min: 0 }, "holds"],
] as const)(
  "sixty values of %d are no share for bounds that none could miss: %j: %s",
  (...given) => {
    const [value, bounds, outcome] = given;
    expect(compareMean(spreadOf(repeat(60, value)), bounds, 0.95)).toBe(outcome);
  },
);

test.each([
  [repeat(100, 4, 5), { min: 3.5 }, "holds"],
  [repeat(100, 4, 5), { min: 4.5 }, "open"],
  [repeat(100, 4, 5), { min: 4.9 }, "fails"],
  [repeat(100, 4, 5), { max: 4.9 }, "holds"],
  [repeat(100, 4, 5), { max: 3.9 }, "fails"],
  [repeat(30, 1, 1, 0), { min: 0.5 }, "holds"],
  [repeat(30, 1, 1, 0), { min: 0.65 }, "open"],
  [repeat(8, 5), { min: 4.6 }, "open"],
  // 0.529 at least by Wilson; Student's, widened, is 0.402.
  [[1, 1, 1, 0, 1, 1, 1, 1], { min: 0.5 }, "holds"],
] as const)("values %# against %j: %s", (values, bounds, outcome) => {
  expect(compareMean(spreadOf(values), bounds, 0.95)).toBe(outcome);
});
