import { describe, expect, test } from "vitest";
import {
  exactPairOdds,
  exactShareOdds,
  gradeFrom,
  meanGrade,
  meanOdds,
  outcomeOfDrops,
  outcomeOfValues,
  playedOdds,
  seeded,
} from "#kit/gate-odds.ts";
import { FAR_SHAPES, SHAPES } from "#kit/value-shapes.ts";

// `npm run gate:odds` prints the whole table.
const MOST = 0.05;

describe("with confidence 0.95 the gate is wrong at most 5 % of the time", () => {
  test.each(
    [0.6, 0.8, 0.9, 0.95].flatMap((min) => [8, 20, 60, 200].map((rows) => ({ min, rows }))),
  )("a flow exactly at accuracy $min passes over $rows rows (counted out)", ({ min, rows }) => {
    expect(exactShareOdds(rows, min, min, "passed")).toBeLessThanOrEqual(MOST);
  });

  test.each([8, 20, 60])(
    "a drop exactly at its bound passes over %d rows (counted out)",
    (rows) => {
      const chances = { broken: 0.07, fixed: 0.02 };
      expect(exactPairOdds(rows, chances, 0.05, "passed")).toBeLessThanOrEqual(MOST);
    },
  );

  test.each([8, 20, 60])("two equal flows are told apart over %d rows (counted out)", (rows) => {
    const chances = { broken: 0.1, fixed: 0.1 };
    expect(exactPairOdds(rows, chances, 0, "failed")).toBeLessThanOrEqual(MOST);
  });

  test.each([
    { name: "even", odds: [0.2, 0.2, 0.2, 0.2, 0.2] },
    { name: "mostly good", odds: [0.05, 0.05, 0.15, 0.35, 0.4] },
    { name: "rarely bad", odds: [0.05, 0, 0, 0.05, 0.9] },
  ])("a mean of $name grades exactly at its min passes (played with a seed)", ({ odds }) => {
    const random = seeded(1);
    const min = meanGrade(odds);
    for (const rows of [8, 20, 60, 200]) {
      const play = () => {
        const values = Array.from({ length: rows }, () => gradeFrom(odds, random));
        return outcomeOfValues(values, { min });
      };
      expect(playedOdds(400, "passed", play)).toBeLessThanOrEqual(MOST);
    }
  });
});

test.each([0.02, 0.1])(
  "a mean of which %d of the rows fall from 5 to 1 passes a maxDrop of just that at most 5 % of the time",
  (share) => {
    const random = seeded(3);
    for (const rows of [8, 20, 60, 200]) {
      const play = () => {
        const drops = Array.from({ length: rows }, () => (random() < share ? 4 : 0));
        return outcomeOfDrops(drops, 5, 4 * share);
      };
      expect(playedOdds(200, "passed", play)).toBeLessThanOrEqual(MOST);
    }
  },
);

describe("values of other shapes, exactly at their bound, pass at most 5 % of the time", () => {
  test.each(
    SHAPES.flatMap((shape) => (["min", "max"] as const).map((bound) => ({ ...shape, bound }))),
  )("$name, $bound (played with a seed)", ({ bound, ...shape }) => {
    const random = seeded(2);
    for (const rows of [8, 20, 60, 200]) {
      expect(meanOdds(shape, bound, rows, 400, random)).toBeLessThanOrEqual(MOST);
    }
  });

  test.each(FAR_SHAPES)("$name, min (played with a seed)", (shape) => {
    const random = seeded(2);
    for (const rows of [8, 20, 60, 200]) {
      expect(meanOdds(shape, "min", rows, 400, random)).toBeLessThanOrEqual(MOST);
    }
  });
});

test("a flow that is good enough does pass", () => {
  expect(exactShareOdds(60, 0.9, 0.6, "passed")).toBeGreaterThan(0.99);
  expect(exactPairOdds(60, { broken: 0.01, fixed: 0.2 }, 0.05, "passed")).toBeGreaterThan(0.9);
});
