import { describe, expect, test } from "vitest";
import { type JudgedCell, rivalsOf, settle } from "#domain/gate/contest.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Verdict } from "#domain/pipeline.ts";

function aCell(
  variant: string | null,
  outcome: Verdict["outcome"],
  value: number | null,
  { dataset = "data.jsonl", name = "accuracy", low = 0, high = 1 } = {},
): JudgedCell {
  const metrics = { [name]: { value, low, high, ok: outcome === "passed" } };
  const verdict = { outcome, reasons: [`${name} is ${value}`], metrics, rows: null };
  const code = outcome === "error" ? "METRIC_INVALID" : null;
  return { variant, dataset, judgement: { verdict, code, node: null } };
}

const atLeast = GatePolicy.parse({});
const sure = GatePolicy.parse({ confidence: 0.95 });

describe("of several variants", () => {
  test("the best that passes wins, and every variant has its reasons told", () => {
    const cells = [aCell("a", "passed", 0.7), aCell("b", "passed", 0.9), aCell("c", "error", null)];
    const { verdict, winner, code } = settle(cells, atLeast);

    expect({ outcome: verdict.outcome, winner, code }).toEqual({
      outcome: "passed",
      winner: "b",
      code: null,
    });
    expect(verdict.reasons).toEqual([
      "b on data.jsonl: accuracy is 0.9",
      "a on data.jsonl: accuracy is 0.7",
      "c on data.jsonl: accuracy is null",
    ]);
  });

  test("the one named first wins a tie", () => {
    const cells = [aCell("a", "passed", 0.9), aCell("b", "passed", 0.9)];

    expect(settle(cells, atLeast).winner).toBe("a");
  });

  test("the winner is in the verdict, and nobody where none passes", () => {
    expect(settle([aCell("a", "passed", 0.7)], atLeast).verdict.winner).toBe("a");
    expect(settle([aCell("a", "failed", 0.2)], atLeast).verdict).not.toHaveProperty("winner");
    expect(settle([aCell(null, "passed", 0.7)], atLeast).verdict).not.toHaveProperty("winner");
  });

  test.each([
    { what: "overlap", low: 0.75, policy: sure, said: true },
    { what: "touch", low: 0.8, policy: sure, said: true },
    { what: "are apart", low: 0.81, policy: sure, said: false },
    { what: "overlap, and the point decides", low: 0.75, policy: atLeast, said: false },
  ])("where their intervals $what, not distinguishable: $said", ({ low, policy, said }) => {
    const cells = [
      aCell("a", "passed", 0.7, { low: 0.6, high: 0.8 }),
      aCell("b", "passed", 0.9, { low, high: 0.97 }),
      aCell("c", "failed", 0.9),
    ];
    const sentence =
      "b and a are not distinguishable by accuracy: the intervals overlap; b comes first by its figure, or by its place on a tie";

    expect(settle(cells, policy).verdict.reasons.slice(3)).toEqual(said ? [sentence] : []);
  });

  test("the lowest is the best where the gate only bounds from above", () => {
    const seconds = { name: "seconds" };
    const cells = [aCell("a", "passed", 3, seconds), aCell("b", "passed", 2, seconds)];

    expect(settle(cells, GatePolicy.parse({ metrics: [{ name: "seconds", max: 5 }] })).winner).toBe(
      "b",
    );
  });

  test("the highest is the best where the gate bounds from both sides", () => {
    const seconds = { name: "seconds" };
    const cells = [aCell("a", "passed", 2, seconds), aCell("b", "passed", 3, seconds)];
    const gate = GatePolicy.parse({ metrics: [{ name: "seconds", min: 1, max: 5 }] });

    expect(settle(cells, gate).winner).toBe("b");
  });

  test("one without a figure comes after the lowest, also where the lowest is the best", () => {
    const cells = [
      aCell("a", "passed", null, { name: "seconds" }),
      aCell("b", "passed", 900, { name: "seconds" }),
    ];

    expect(
      settle(cells, GatePolicy.parse({ metrics: [{ name: "seconds", max: 999 }] })).winner,
    ).toBe("b");
  });

  test("those without intervals are not distinguishable", () => {
    const bare = (variant: string, value: number): JudgedCell => {
      const { judgement, ...cell } = aCell(variant, "passed", value);
      const metrics = { accuracy: { value, ok: true } };
      return { ...cell, judgement: { ...judgement, verdict: { ...judgement.verdict, metrics } } };
    };

    expect(settle([bare("a", 0.7), bare("b", 0.9)], sure).verdict.reasons).toHaveLength(3);
  });

  test("those without a figure are not distinguishable", () => {
    const tone = { name: "tone" };
    const cells = [aCell("a", "passed", 3, tone), aCell("b", "passed", 4, tone)];

    expect(settle(cells, sure).verdict.reasons.slice(2)).toEqual([
      "a and b are not distinguishable by accuracy: the intervals overlap; a comes first by its figure, or by its place on a tie",
    ]);
  });

  test("nothing is said of them where the gate has no metric", () => {
    const cells = [aCell("a", "passed", 0.7), aCell("b", "passed", 0.9)];

    expect(settle(cells, { metrics: [], confidence: 0.95 }).verdict.reasons).toHaveLength(2);
  });

  test("one that did not pass is no second", () => {
    const cells = [aCell("a", "passed", 0.7), aCell("b", "failed", 0.7)];

    expect(settle(cells, sure).verdict.reasons).toHaveLength(2);
    expect(settle([aCell("a", "passed", 0.7)], sure).verdict.reasons).toHaveLength(1);
  });

  test("none wins where none passes", () => {
    const cells = [aCell("a", "failed", 0.2), aCell("b", "inconclusive", 0.6)];

    expect(settle(cells, atLeast)).toMatchObject({
      winner: null,
      verdict: { outcome: "inconclusive" },
    });
  });

  test("one that cannot be measured on one of several datasets does not win", () => {
    const cells = [
      aCell("a", "passed", 0.9, { dataset: "one.jsonl" }),
      aCell("a", "error", null, { dataset: "two.jsonl" }),
      aCell("b", "passed", 0.7, { dataset: "one.jsonl" }),
      aCell("b", "passed", 0.7, { dataset: "two.jsonl" }),
    ];

    expect(settle(cells, atLeast)).toMatchObject({ winner: "b", verdict: { outcome: "passed" } });
  });
});

test("one cell's reasons need no name, and its error's code and node are the contest's", () => {
  const { judgement, ...cell } = aCell(null, "error", null);
  const contest = settle([{ ...cell, judgement: { ...judgement, node: "ask" } }], atLeast);

  expect(contest).toStrictEqual({
    verdict: judgement.verdict,
    code: "METRIC_INVALID",
    node: "ask",
    winner: null,
  });
});

test("nothing to judge is refused", () => {
  expect(() => settle([], atLeast)).toThrow(new RangeError("There is nothing to judge."));
});

test("an error is worse than a failure, and that than doubt", () => {
  const outcomes = ["passed", "inconclusive", "failed", "error"] as const;
  for (const [better, worse] of [
    [0, 1],
    [1, 2],
    [2, 3],
  ] as const) {
    const cells = [better, worse].map((at) =>
      aCell(null, outcomes[at] ?? "error", 0.5, { dataset: `${at}.jsonl` }),
    );
    expect(settle(cells, atLeast).verdict.outcome).toBe(outcomes[worse]);
    expect(settle(cells.toReversed(), atLeast).verdict.outcome).toBe(outcomes[worse]);
  }
});

test("every dataset must pass", () => {
  const cells = [
    aCell(null, "passed", 0.9, { dataset: "one.jsonl" }),
    aCell(null, "failed", 0.2, { dataset: "two.jsonl" }),
  ];
  const { verdict, winner } = settle(cells, atLeast);

  expect({ outcome: verdict.outcome, winner }).toEqual({ outcome: "failed", winner: null });
  expect(verdict.reasons).toEqual(["two.jsonl: accuracy is 0.2", "one.jsonl: accuracy is 0.9"]);
});

test("of several datasets the worst one's figures are shown, also where all pass", () => {
  const cells = [
    aCell("a", "passed", 0.9, { dataset: "one.jsonl" }),
    aCell("a", "passed", 0.7, { dataset: "two.jsonl" }),
    aCell("b", "passed", 0.8, { dataset: "one.jsonl" }),
    aCell("b", "passed", 0.8, { dataset: "two.jsonl" }),
  ];
  const { verdict, winner } = settle(cells, atLeast);

  expect(winner).toBe("b");
  expect(verdict.metrics["accuracy"]?.value).toBe(0.8);
});

describe("whose rows are looked at", () => {
  const two = [aCell("a", "passed", 0.7), aCell("b", "passed", 0.9)];
  const first = (rule: object, confidence = 0.95) =>
    GatePolicy.parse({ metrics: [rule, { name: "accuracy", min: 0.1 }], confidence });

  test("are the two best that passed, on each dataset, wherever they stand", () => {
    const on = (dataset: string) => ({ dataset });
    const cells = [
      aCell("a", "passed", 0.6, on("one.jsonl")),
      aCell("a", "passed", 0.6, on("two.jsonl")),
      aCell("b", "passed", 0.7, on("one.jsonl")),
      aCell("b", "passed", 0.9, on("two.jsonl")),
      aCell("c", "passed", 0.8, on("two.jsonl")),
      aCell("c", "passed", 0.8, on("one.jsonl")),
      aCell("d", "failed", 0.9, on("one.jsonl")),
      aCell("d", "passed", 0.9, on("two.jsonl")),
    ];

    expect(rivalsOf(cells, sure)).toEqual([
      { leader: 5, second: 2 },
      { leader: 4, second: 3 },
    ]);
  });

  test("are the first two named on a tie", () => {
    const cells = ["a", "b", "c"].map((variant) => aCell(variant, "passed", 0.9));

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
    const cells = [aCell("a", "passed", 3, tone), aCell("b", "passed", 4, tone)];

    expect(rivalsOf(cells, first({ name: "tone", min: 1 }))).toEqual([]);
  });

  test("are nobody's where fewer than two passed, or one has no figure", () => {
    expect(rivalsOf([aCell("a", "passed", 0.7)], sure)).toEqual([]);
    expect(rivalsOf([aCell("a", "passed", 0.7), aCell("b", "inconclusive", 0.9)], sure)).toEqual(
      [],
    );
    expect(rivalsOf([aCell("a", "failed", 0.7), aCell("b", "failed", 0.9)], sure)).toEqual([]);
    expect(rivalsOf([aCell("a", "passed", 0.7), aCell("b", "passed", null)], sure)).toEqual([]);
  });

  test("are nobody's where the gate has no metric", () => {
    expect(rivalsOf(two, { metrics: [], confidence: 0.95 })).toEqual([]);
  });
});

describe("the rows that only one of the two best has right", () => {
  const cells = [aCell("a", "passed", 0.7), aCell("b", "passed", 0.9)];
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
