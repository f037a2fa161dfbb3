import { describe, expect, test } from "vitest";
import {
  compareInterval,
  compareShare,
  compareValue,
  doubtOf,
  fewestRight,
} from "#domain/gate/bounds.ts";

test.each([
  [0.6, { min: 0.6 }, "holds"],
  [0.599_999_999, { min: 0.6 }, "fails"],
  [2, { max: 2 }, "holds"],
  [2.000_000_001, { max: 2 }, "fails"],
  [1.5, { min: 1, max: 2 }, "holds"],
  [0.5, { min: 1, max: 2 }, "fails"],
  [2.5, { min: 1, max: 2 }, "fails"],
  [-7, {}, "holds"],
  [Number.NaN, {}, "fails"],
  [Number.NaN, { min: 0 }, "fails"],
  [Number.POSITIVE_INFINITY, { min: 0 }, "fails"],
] as const)("a figure of %d against %j: %s", (value, bounds, outcome) => {
  expect(compareValue(value, bounds)).toBe(outcome);
});

test.each([
  [{ low: 0.6, high: 0.8 }, { min: 0.6 }, "holds"],
  [{ low: 0.59, high: 0.8 }, { min: 0.6 }, "open"],
  [{ low: 0.4, high: 0.6 }, { min: 0.6 }, "open"],
  [{ low: 0.4, high: 0.59 }, { min: 0.6 }, "fails"],
  [{ low: 0.4, high: 0.6 }, { max: 0.6 }, "holds"],
  [{ low: 0.4, high: 0.61 }, { max: 0.6 }, "open"],
  [{ low: 0.6, high: 0.8 }, { max: 0.6 }, "open"],
  [{ low: 0.61, high: 0.8 }, { max: 0.6 }, "fails"],
  [{ low: 0.4, high: 0.6 }, { min: 0.3, max: 0.7 }, "holds"],
  [{ low: 0.2, high: 0.6 }, { min: 0.3, max: 0.7 }, "open"],
  [{ low: 0.4, high: 0.8 }, { min: 0.3, max: 0.7 }, "open"],
  [{ low: -9, high: 9 }, {}, "holds"],
] as const)("an interval of %j against %j: %s", (interval, bounds, outcome) => {
  expect(compareInterval(interval, bounds)).toBe(outcome);
});

describe("a share of rows", () => {
  // Wilson's intervals are those of statistics.test.ts; tails are sums of binomial coefficients.
  test.each([
    ["the share itself without a confidence", 6, 10, { min: 0.6 }, 0, "holds"],
    ["the share itself without a confidence", 5, 10, { min: 0.6 }, 0, "fails"],
    ["of no rows is no figure", 0, 0, { min: 0 }, 0.95, "fails"],
    // 0.529 to 0.978; at least 7 of 8 at 0.5: 9 / 256 = 0.035.
    ["clears it by both", 7, 8, { min: 0.5 }, 0.95, "holds"],
    ["Wilson includes it", 7, 8, { min: 0.53 }, 0.95, "open"],
    // The same rows counted as wrong: 0.022 to 0.471.
    ["clears a max by both", 1, 8, { max: 0.5 }, 0.95, "holds"],
    ["Wilson includes a max", 1, 8, { max: 0.47 }, 0.95, "open"],
    // 0.510 to 1, and 0.5^4 = 0.0625.
    ["four of four at a half are too likely", 4, 4, { min: 0.5 }, 0.95, "open"],
    ["none of four, of at most a half, are too likely", 0, 4, { max: 0.5 }, 0.95, "open"],
    // 0.5^5 = 0.03125.
    ["five of five at a half", 5, 5, { min: 0.5 }, 0.95, "holds"],
    ["none of five, of at most a half", 0, 5, { max: 0.5 }, 0.95, "holds"],
    ["one bound is not enough", 4, 4, { min: 0.1, max: 1 }, 0.95, "holds"],
    ["a min of 0 holds whatever comes", 0, 3, { min: 0 }, 0.95, "holds"],
    ["a max of 1 holds whatever comes", 3, 3, { max: 1 }, 0.95, "holds"],
    ["all below the bound", 0, 10, { min: 0.28 }, 0.95, "fails"],
    ["all above the bound", 10, 10, { max: 0.72 }, 0.95, "fails"],
  ] as const)("%s: %d of %d against %j at %d", (_, right, rows, bounds, confidence, outcome) => {
    expect(compareShare({ right, rows }, bounds, confidence)).toBe(outcome);
  });
});

describe("the fewest right rows with which a rule holds", () => {
  const fewest = (right: number, rows: number, from: number) =>
    fewestRight({ right, rows }, (more) => more >= from);

  test("are found wherever they are", () => {
    for (let rows = 2; rows <= 17; rows += 1) {
      for (let from = 1; from <= rows; from += 1) expect(fewest(0, rows, from)).toBe(from);
    }
    expect(fewest(3, 10, 4)).toBe(4);
  });

  test("are none where it holds already, or cannot", () => {
    expect(fewest(4, 10, 4)).toBeUndefined();
    expect(fewest(4, 10, 11)).toBeUndefined();
  });

  test("need no more questions than doubling does", () => {
    let asked = 0;
    fewestRight({ right: 0, rows: 1_000_000 }, (more) => {
      asked += 1;
      return more >= 600_000;
    });
    expect(asked).toBeLessThanOrEqual(22);
  });
});

test.each([
  ["open", { low: 0.6, high: 0.7 }, "rareRows"],
  ["open", { low: 0.4, high: 0.7 }, undefined],
  ["open", { low: 0.1, high: 0.2 }, "rareRows"],
  ["open", undefined, undefined],
  ["holds", { low: 0.6, high: 0.7 }, undefined],
  ["fails", { low: 0.1, high: 0.2 }, undefined],
] as const)("doubt of a rule that is %s with %j against 0.5: %s", (outcome, interval, doubt) => {
  expect(doubtOf(outcome, interval, { min: 0.5 }, "rareRows")).toBe(doubt);
});
