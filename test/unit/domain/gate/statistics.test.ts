import { describe, expect, test } from "vitest";
import { atLeast, atMost } from "#domain/gate/statistics/binomial.ts";
import { normalDeviate } from "#domain/gate/statistics/normal.ts";
import { dropInterval, dropOf, mcnemar } from "#domain/gate/statistics/paired.ts";
import { incompleteBeta } from "#domain/gate/statistics/special-functions.ts";
import { NO_VALUES, withValue } from "#domain/gate/statistics/spread.ts";
import { meanInterval, studentDeviate } from "#domain/gate/statistics/student-t.ts";
import { wilson } from "#domain/gate/statistics/wilson.ts";

const DIGITS = 9;

// statsmodels 0.15.0: proportion_confint(right, rows, 1 - confidence, method="wilson").
test.each([
  [7, 8, 0.95, 0.5291118177871464, 0.9775825085499433],
  [0, 10, 0.95, 0, 0.2775327998628892],
  [10, 10, 0.95, 0.7224672001371107, 1],
  [50, 100, 0.95, 0.4038315303659956, 0.5961684696340044],
  [35, 60, 0.9, 0.47726827278034983, 0.6822072607874387],
  [199, 200, 0.99, 0.9587991180797599, 0.9994127002381603],
  [600_000, 1_000_000, 0.95, 0.5990394352877243, 0.6009597964234629],
  [1, 1, 0.95, 0.20654931437723745, 1],
])("Wilson: %d of %d rows at %d", (right, rows, confidence, low, high) => {
  const interval = wilson(right, rows, confidence);

  expect(interval.low).toBeCloseTo(low, DIGITS);
  expect(interval.high).toBeCloseTo(high, DIGITS);
});

test("Wilson's interval ends exactly at 0 where none is right, and at 1 where all are", () => {
  for (let rows = 1; rows <= 60; rows += 1) {
    expect(wilson(0, rows, 0.95).low).toBe(0);
    expect(wilson(rows, rows, 0.95).high).toBe(1);
  }
});

// Tables of the normal distribution.
test.each([
  [0, 0],
  [0.5, 0.674489750196082],
  [0.9, 1.6448536269514722],
  [0.95, 1.959963984540054],
  [0.99, 2.5758293035489004],
  [0.999999, 4.891638475698595],
])("the normal deviate at %d", (confidence, deviate) => {
  expect(normalDeviate(confidence)).toBeCloseTo(deviate, DIGITS);
});

// With one degree of freedom t is tan(π c / 2), with two c √(2 / (1 − c²)).
test.each([0.1, 0.5, 0.9, 0.99, 0.9999])("Student's t at %d in closed form", (confidence) => {
  const one = Math.tan((Math.PI * confidence) / 2);
  const two = confidence * Math.sqrt(2 / (1 - confidence ** 2));

  expect(studentDeviate(confidence, 1) / one).toBeCloseTo(1, DIGITS);
  expect(studentDeviate(confidence, 2) / two).toBeCloseTo(1, DIGITS);
});

// I_x(1, b) is 1 − (1 − x)^b, and I_x(a, 1) is x^a.
test.each([0, 0.01, 0.3, 0.5, 0.8, 0.999, 1])("the incomplete beta function at %d", (x) => {
  for (const a of [0.5, 1, 3, 14, 15, 16, 40, 1_000]) {
    expect(incompleteBeta(x, a, 1)).toBeCloseTo(x ** a, 12);
    expect(incompleteBeta(x, 1, a)).toBeCloseTo(1 - (1 - x) ** a, 12);
  }
});

// SciPy 1.17.1: special.betainc(a, b, x).
test.each([
  [0.5, 500_000_000, 500_020_000, 0.736_453_305_920_757_4],
  [0.6, 6_000_000_000, 4_000_050_000, 0.729_853_271_913_956_7],
])("the incomplete beta function at %d of %d and %d", (x, a, b, share) => {
  expect(incompleteBeta(x, a, b)).toBeCloseTo(share, DIGITS);
});

// SciPy 1.17.1: stats.t.ppf(0.5 + confidence / 2, freedom).
test.each([
  [0.95, 1, 12.706204736174694],
  [0.95, 2, 4.302652729749462],
  [0.95, 7, 2.364624251592784],
  [0.9, 19, 1.7291328115213682],
  [0.99, 59, 2.6617587521629673],
  [0.95, 199, 1.9719565442517533],
  [0.95, 999_999, 1.9599663568164791],
  [0.999, 3, 12.923978636687961],
])("Student's t at %d with %d degrees of freedom", (confidence, freedom, deviate) => {
  expect(studentDeviate(confidence, freedom)).toBeCloseTo(deviate, DIGITS);
});

describe("the interval of a mean", () => {
  // SciPy 1.17.1: stats.t.interval(confidence, n - 1, mean, stats.sem(values)).
  test.each([
    [[3, 4, 5, 4, 2, 5, 4, 3], 0.95, 2.8846361326405243, 4.615363867359475],
    [[0.1, 0.5, 0.9], 0.9, -0.17434178433881986, 1.1743417843388193],
    [[5, 5, 5, 4], 0.99, 3.289772672566661, 6.210227327433339],
  ])("of %j at %d", (values, confidence, low, high) => {
    const interval = meanInterval(values.reduce(withValue, NO_VALUES), confidence);

    expect(interval?.low).toBeCloseTo(low, DIGITS);
    expect(interval?.high).toBeCloseTo(high, DIGITS);
  });

  test("of values that are large and alike keeps its digits", () => {
    const values = [1e9 + 3, 1e9 + 4, 1e9 + 5];
    const { mean, squares } = values.reduce(withValue, NO_VALUES);

    expect(mean).toBe(1e9 + 4);
    expect(squares).toBe(2);
  });

  test("of one value, or none, is not known", () => {
    expect(meanInterval(withValue(NO_VALUES, 4), 0.95)).toBeUndefined();
    expect(meanInterval(NO_VALUES, 0.95)).toBeUndefined();
  });
});

// SciPy 1.17.1: stats.binom.sf(right - 1, tries, share) and stats.binom.cdf(right, tries, share).
test.each([
  [8, 8, 0.6, 0.016796159999999994, 1],
  [17, 20, 0.6, 0.01596116279000825, 0.9963885279408712],
  [44, 60, 0.6, 0.02208016859547257, 0.9890517695983038],
  [1, 8, 0.0226, 0.1671272030091172, 0.9869380739460205],
  [600_500, 1_000_000, 0.6, 0.1539584359609124, 0.8465253670301186],
  [0, 5, 0.3, 1, 0.16807],
  [3, 3, 0.5, 0.125, 1],
  [4, 3, 0.5, 0, 1],
])("binomial tails: %d of %d tries with a share of %d", (right, tries, share, least, most) => {
  expect(atLeast(right, tries, share)).toBeCloseTo(least, DIGITS);
  expect(atMost(right, tries, share)).toBeCloseTo(most, DIGITS);
});

// statsmodels 0.15.0: contingency_tables.mcnemar([[0, broken], [fixed, 0]], exact=True).pvalue.
test.each([
  [0, 0, 1],
  [1, 0, 1],
  [5, 0, 0.0625],
  [6, 0, 0.03125],
  [0, 6, 0.03125],
  [10, 2, 0.03857421875],
  [3, 3, 1],
  [59, 6, 4.964650327128616e-12],
  [25, 75, 5.636282034205402e-7],
  [1_000, 900, 0.023108845108901193],
  [100, 101, 1],
  [500_300, 499_700, 0.5491729059131272],
])("McNemar's exact test: %d newly broken, %d newly fixed", (broken, fixed, pValue) => {
  expect(mcnemar({ broken, fixed })).toBeCloseTo(pValue, DIGITS);
});

describe("the interval of a drop", () => {
  // The score statistic with the restricted likelihood maximised numerically, solved with 40 digits (mpmath).
  test.each([
    [0, 0, 8, 0.95, -0.32440756488388, 0.32440756488388],
    [0, 0, 200, 0.95, -0.018845326377267, 0.018845326377267],
    [3, 3, 60, 0.95, -0.096310808455736, 0.096310808455736],
    [9, 2, 54, 0.95, 0.010831786427658, 0.25913844463662],
    [12, 1, 36, 0.9, 0.16145491992459, 0.45042194815053],
    [1, 0, 8, 0.95, -0.23995851049437, 0.47088818221285],
    [0, 5, 20, 0.95, -0.46870087761874, -0.048593552433976],
    [25, 40, 1_000, 0.99, -0.037144857782281, 0.0060433889408929],
  ])("%d broken, %d fixed of %d rows at %d", (broken, fixed, rows, confidence, low, high) => {
    const interval = dropInterval({ rows, broken, fixed }, confidence);

    expect(interval.low).toBeCloseTo(low, DIGITS);
    expect(interval.high).toBeCloseTo(high, DIGITS);
  });

  test.each([
    { rows: 5, broken: 5, fixed: 0 },
    { rows: 5, broken: 0, fixed: 5 },
  ])("ends at the most that can be: $broken broken, $fixed fixed of $rows", (pairs) => {
    const { low, high } = dropInterval(pairs, 0.95);

    expect(low).toBeGreaterThanOrEqual(-1);
    expect(high).toBeLessThanOrEqual(1);
    expect(low).toBeLessThanOrEqual(dropOf(pairs));
    expect(high).toBeGreaterThanOrEqual(dropOf(pairs));
    expect(dropOf(pairs) > 0 ? high : low).toBe(dropOf(pairs));
  });
});
