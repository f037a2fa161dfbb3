import { expect, test } from "vitest";
import { wilson } from "#domain/interval.ts";

// Reference values: the closed form evaluated with Python's statistics.NormalDist().inv_cdf(0.975).
test.each([
  { right: 7, rows: 8, low: 0.529112, high: 0.977583 },
  { right: 0, rows: 10, low: 0, high: 0.277533 },
  { right: 10, rows: 10, low: 0.722467, high: 1 },
  { right: 50, rows: 100, low: 0.403832, high: 0.596168 },
])("$right of $rows at 95 %", ({ right, rows, low, high }) => {
  const interval = wilson(right, rows, 0.95);

  expect(interval.low).toBeCloseTo(low, 5);
  expect(interval.high).toBeCloseTo(high, 5);
});
