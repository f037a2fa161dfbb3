import { expect, test } from "vitest";
import { rowsNeeded } from "#domain/gate/rows-needed.ts";

test("the fewest rows that decide are found, wherever they are", () => {
  for (let from = 6; from <= 45; from += 1) {
    expect(rowsNeeded(5, (rows) => rows >= from)).toBe(from);
  }
  expect(rowsNeeded(0, (rows) => rows >= 1)).toBe(1);
  expect(rowsNeeded(0, (rows) => rows >= 3)).toBe(3);
});

test("a million may be enough, and more is none", () => {
  expect(rowsNeeded(7, (rows) => rows >= 1_000_000)).toBe(1_000_000);
  expect(rowsNeeded(7, (rows) => rows > 1_000_000)).toBeNull();
  expect(rowsNeeded(2_000_000, (rows) => rows >= 3_000_000)).toBeNull();
});

test("a million are looked through with forty questions", () => {
  let asked = 0;
  rowsNeeded(1, (rows) => {
    asked += 1;
    return rows >= 999_999;
  });
  expect(asked).toBeLessThanOrEqual(41);
});
