import { describe, expect, test } from "vitest";
import { rivalsOf, settle } from "#domain/gate/contest.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import { aJudgedCell } from "#kit/judged-cells.ts";

const atLeast = GatePolicy.parse({});
const sure = GatePolicy.parse({ confidence: 0.95 });

describe("whose rows are looked at", () => {
  const two = [aJudgedCell("a", "passed", 0.7), aJudgedCell("b", "passed", 0.9)];
  const first = (rule: object, confidence = 0.95) =>
    GatePolicy.parse({ metrics: [rule, { name: "accuracy", min: 0.1 }], confidence });

  test("are the two best that passed, on each dataset, wherever they stand", () => {
    const on = (dataset: string) => ({ dataset });
    const cells = [
      aJudgedCell("a", "passed", 0.6, on("one.jsonl")),
      aJudgedCell("a", "passed", 0.6, on("two.jsonl")),
      aJudgedCell("b", "passed", 0.7, on("one.jsonl")),
      aJudgedCell("b", "passed", 0.9, on("two.jsonl")),
      aJudgedCell("c", "passed", 0.8, on("two.jsonl")),
      aJudgedCell("c", "passed", 0.8, on("one.jsonl")),
      aJudgedCell("d", "failed", 0.9, on("one.jsonl")),
      aJudgedCell("d", "passed", 0.9, on("two.jsonl")),
    ];

    expect(rivalsOf(cells, sure)).toEqual([
      { leader: 5, second: 2 },
      { leader: 4, second: 3 },
    ]);
  });

  test("are the first two named on a tie", () => {
    const cells = ["a", "b", "c"].map((variant) => aJudgedCell(variant, "passed", 0.9));

    expect(rivalsOf(cells, sure)).toEqual([{ leader: 0, second: 1 }]);
  });

  test.each([
    ["a confidence", true, sure],
    ["no confidence", false, atLeast],
    ["no bound of the first metric", true, first({ name: "accuracy", maxDrop: 0.1 })],
    ["both bounds of the first metric", true, first({ name: "accuracy", min: 0.1, max: 1 })],
    ["only an upper bound of the first metric", false, first({ name: "accuracy", max: 1 })],
  ])("with %s: %s", (_, isAsked, rules) => {
    expect(rivalsOf(two, rules)).toEqual(isAsked ? [{ leader: 1, second: 0 }] : []);
  });

  test("are nobody's where another metric comes first", () => {
    const tone = { name: "tone" };
    const cells = [aJudgedCell("a", "passed", 3, tone), aJudgedCell("b", "passed", 4, tone)];

    expect(rivalsOf(cells, first({ name: "tone", min: 1 }))).toEqual([]);
  });

  test("are nobody's where fewer than two passed, or one has no figure", () => {
    expect(rivalsOf([aJudgedCell("a", "passed", 0.7)], sure)).toEqual([]);
    expect(
      rivalsOf([aJudgedCell("a", "passed", 0.7), aJudgedCell("b", "inconclusive", 0.9)], sure),
    ).toEqual([]);
    expect(
      rivalsOf([aJudgedCell("a", "failed", 0.7), aJudgedCell("b", "failed", 0.9)], sure),
    ).toEqual([]);
    expect(
      rivalsOf([aJudgedCell("a", "passed", 0.7), aJudgedCell("b", "passed", null)], sure),
    ).toEqual([]);
  });

  test("are nobody's where the gate has no metric", () => {
    expect(rivalsOf(two, { metrics: [], confidence: 0.95 })).toEqual([]);
  });
});

describe("the rows that only one of the two best has right", () => {
  const cells = [aJudgedCell("a", "passed", 0.7), aJudgedCell("b", "passed", 0.9)];
  const saidOf = (
    onlyLeader: number,
    onlySecond: number,
    rules: Parameters<typeof settle>[1] = sure,
  ) => settle(cells, rules, { rows: 40, onlyLeader, onlySecond }).verdict.reasons.slice(2);
  const confident = (confidence: number) => GatePolicy.parse({ confidence });

  // 2 × (1 + 15 + 105 + 455) / 2^15, 2 / 2^6, 2 / 2^30.
  test.each([
    [12, 3, "0.035"],
    [6, 0, "0.031"],
    [30, 0, "2e-9"],
  ])("%i and %i tell who is ahead: p = %s", (onlyLeader, onlySecond, p) => {
    expect(saidOf(onlyLeader, onlySecond)).toEqual([
      `b is ahead of a by accuracy: ${onlyLeader} of 40 rows are right only with b, ${onlySecond} only with a (exact McNemar test: p = ${p})`,
    ]);
  });

  // 2 × (1 + 8) / 2^8, 2 × (1 + 14 + 91 + 364) / 2^14.
  test.each([
    [7, 1, "0.07"],
    [11, 3, "0.057"],
    [4, 3, "1"],
    [3, 4, "1"],
    [0, 0, "1"],
  ])("%i and %i tell nothing: p = %s", (onlyLeader, onlySecond, p) => {
    expect(saidOf(onlyLeader, onlySecond)).toEqual([
      `b and a are not distinguishable by accuracy: ${onlyLeader} of 40 rows are right only with b, ${onlySecond} only with a (exact McNemar test: p = ${p}); b comes first by its figure, or by its place on a tie`,
    ]);
  });

  test("may be as unlikely as 1 less the confidence, and no more likely", () => {
    // 2 / 2^5 = 0.0625 and 2 / 2^6 = 0.03125.
    expect(saidOf(5, 0, confident(0.9375))[0]).toMatch(/^b is ahead of a by accuracy/);
    expect(saidOf(5, 0, confident(0.9376))[0]).toMatch(/^b and a are not distinguishable/);
    expect(saidOf(6, 0, confident(0.96875))[0]).toMatch(/^b is ahead of a by accuracy/);
    expect(saidOf(6, 0, confident(0.96876))[0]).toMatch(/^b and a are not distinguishable/);
  });

  test("have a p of more digits where it would look like what it is held against", () => {
    expect(saidOf(6, 0, confident(0.969))[0]).toContain("(exact McNemar test: p = 0.0313)");
  });

  test("may speak for the second, where the first is so only on the worst dataset", () => {
    expect(saidOf(0, 6)).toEqual([
      "b comes first by the dataset where each is worst, but a is ahead over all of them: 0 of 40 rows are right only with b, 6 only with a (exact McNemar test: p = 0.031)",
    ]);
  });

  test("change nothing but that sentence, and say nothing without a confidence or a second", () => {
    const rows = { rows: 40, onlyLeader: 0, onlySecond: 9 };
    const { verdict, ...others } = settle(cells, sure, rows);
    const { verdict: without, ...same } = settle(cells, sure);

    expect(others).toEqual(same);
    expect({ ...verdict, reasons: verdict.reasons.slice(0, 2) }).toEqual({
      ...without,
      reasons: without.reasons.slice(0, 2),
    });
    expect(settle(cells, atLeast, rows).verdict.reasons).toHaveLength(2);
    expect(settle(cells.slice(0, 1), sure, rows).verdict.reasons).toHaveLength(1);
  });
});
