import { expect, test } from "vitest";
import { meanMetrics } from "#domain/mean-metrics.ts";

const logged = (finite: Record<string, number>, malformed: Record<string, string> = {}) => ({
  finite,
  malformed,
});

test("what every round logged is their mean", () => {
  expect(
    meanMetrics([logged({ a: 1, b: 0 }), logged({ a: 2, b: 1 }), logged({ a: 6, b: 2 })]),
  ).toEqual(logged({ a: 3, b: 1 }));
});

test.each([0.6, 0.7, 0.1, 1 / 3])(
  "three times %d is as much on average, to the last digit",
  (value) => {
    expect(meanMetrics(Array.from({ length: 3 }, () => logged({ a: value }))).finite).toEqual({
      a: value,
    });
  },
);

test("what one round did not log is missing", () => {
  expect(meanMetrics([logged({ a: 1, b: 1 }), logged({ b: 1 })])).toEqual(logged({ b: 1 }));
});

test("what one round logged as no number is malformed, as it first was", () => {
  const rounds = [logged({ a: 1 }), logged({}, { a: "NaN" }), logged({}, { a: '"…"' })];
  expect(meanMetrics(rounds)).toEqual(logged({}, { a: "NaN" }));
});

test("of no round there is nothing", () => {
  expect(meanMetrics([])).toEqual(logged({}));
});
