import { describe, expect, test } from "vitest";
import { type JudgedCell, settle } from "#domain/gate/contest.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import { aJudgedCell } from "#kit/judged-cells.ts";

const atLeast = GatePolicy.parse({});
const sure = GatePolicy.parse({ confidence: 0.95 });

describe("of several variants", () => {
  test("the best that passes wins, and every variant has its reasons told", () => {
    const cells = [
      aJudgedCell("a", "passed", 0.7),
      aJudgedCell("b", "passed", 0.9),
      aJudgedCell("c", "error", null),
    ];
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
    const cells = [aJudgedCell("a", "passed", 0.9), aJudgedCell("b", "passed", 0.9)];

    expect(settle(cells, atLeast).winner).toBe("a");
  });

  test("the winner is in the verdict, and nobody where none passes", () => {
    expect(settle([aJudgedCell("a", "passed", 0.7)], atLeast).verdict.winner).toBe("a");
    expect(settle([aJudgedCell("a", "failed", 0.2)], atLeast).verdict).not.toHaveProperty("winner");
    expect(settle([aJudgedCell(null, "passed", 0.7)], atLeast).verdict).not.toHaveProperty(
      "winner",
    );
  });

  test.each([
    { what: "overlap", low: 0.75, policy: sure, said: true },
    { what: "touch", low: 0.8, policy: sure, said: true },
    { what: "are apart", low: 0.81, policy: sure, said: false },
    { what: "overlap, and the point decides", low: 0.75, policy: atLeast, said: false },
  ])("where their intervals $what, not distinguishable: $said", ({ low, policy, said }) => {
    const cells = [
      aJudgedCell("a", "passed", 0.7, { low: 0.6, high: 0.8 }),
      aJudgedCell("b", "passed", 0.9, { low, high: 0.97 }),
      aJudgedCell("c", "failed", 0.9),
    ];
    const sentence =
      "b and a are not distinguishable by accuracy: the intervals overlap; b comes first by its figure, or by its place on a tie";

    expect(settle(cells, policy).verdict.reasons.slice(3)).toEqual(said ? [sentence] : []);
  });

  test("the lowest is the best where the gate only bounds from above", () => {
    const seconds = { name: "seconds" };
    const cells = [aJudgedCell("a", "passed", 3, seconds), aJudgedCell("b", "passed", 2, seconds)];

    expect(settle(cells, GatePolicy.parse({ metrics: [{ name: "seconds", max: 5 }] })).winner).toBe(
      "b",
    );
  });

  test("the highest is the best where the gate bounds from both sides", () => {
    const seconds = { name: "seconds" };
    const cells = [aJudgedCell("a", "passed", 2, seconds), aJudgedCell("b", "passed", 3, seconds)];
    const gate = GatePolicy.parse({ metrics: [{ name: "seconds", min: 1, max: 5 }] });

    expect(settle(cells, gate).winner).toBe("b");
  });

  test("one without a figure comes after the lowest, also where the lowest is the best", () => {
    const cells = [
      aJudgedCell("a", "passed", null, { name: "seconds" }),
      aJudgedCell("b", "passed", 900, { name: "seconds" }),
    ];

    expect(
      settle(cells, GatePolicy.parse({ metrics: [{ name: "seconds", max: 999 }] })).winner,
    ).toBe("b");
  });

  test("those without intervals are not distinguishable", () => {
    const bare = (variant: string, value: number): JudgedCell => {
      const { judgement, ...cell } = aJudgedCell(variant, "passed", value);
      const metrics = { accuracy: { value, ok: true } };
      return { ...cell, judgement: { ...judgement, verdict: { ...judgement.verdict, metrics } } };
    };

    expect(settle([bare("a", 0.7), bare("b", 0.9)], sure).verdict.reasons).toHaveLength(3);
  });

  test("those without a figure are not distinguishable", () => {
    const tone = { name: "tone" };
    const cells = [aJudgedCell("a", "passed", 3, tone), aJudgedCell("b", "passed", 4, tone)];

    expect(settle(cells, sure).verdict.reasons.slice(2)).toEqual([
      "a and b are not distinguishable by accuracy: the intervals overlap; a comes first by its figure, or by its place on a tie",
    ]);
  });

  test("nothing is said of them where the gate has no metric", () => {
    const cells = [aJudgedCell("a", "passed", 0.7), aJudgedCell("b", "passed", 0.9)];

    expect(settle(cells, { metrics: [], confidence: 0.95 }).verdict.reasons).toHaveLength(2);
  });

  test("one that did not pass is no second", () => {
    const cells = [aJudgedCell("a", "passed", 0.7), aJudgedCell("b", "failed", 0.7)];

    expect(settle(cells, sure).verdict.reasons).toHaveLength(2);
    expect(settle([aJudgedCell("a", "passed", 0.7)], sure).verdict.reasons).toHaveLength(1);
  });

  test("none wins where none passes", () => {
    const cells = [aJudgedCell("a", "failed", 0.2), aJudgedCell("b", "inconclusive", 0.6)];

    expect(settle(cells, atLeast)).toMatchObject({
      winner: null,
      verdict: { outcome: "inconclusive" },
    });
  });

  test("one that cannot be measured on one of several datasets does not win", () => {
    const cells = [
      aJudgedCell("a", "passed", 0.9, { dataset: "one.jsonl" }),
      aJudgedCell("a", "error", null, { dataset: "two.jsonl" }),
      aJudgedCell("b", "passed", 0.7, { dataset: "one.jsonl" }),
      aJudgedCell("b", "passed", 0.7, { dataset: "two.jsonl" }),
    ];

    expect(settle(cells, atLeast)).toMatchObject({ winner: "b", verdict: { outcome: "passed" } });
  });
});

test("one cell's reasons need no name, and its error's code and node are the contest's", () => {
  const { judgement, ...cell } = aJudgedCell(null, "error", null);
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
      aJudgedCell(null, outcomes[at] ?? "error", 0.5, { dataset: `${at}.jsonl` }),
    );
    expect(settle(cells, atLeast).verdict.outcome).toBe(outcomes[worse]);
    expect(settle(cells.toReversed(), atLeast).verdict.outcome).toBe(outcomes[worse]);
  }
});

test("every dataset must pass", () => {
  const cells = [
    aJudgedCell(null, "passed", 0.9, { dataset: "one.jsonl" }),
    aJudgedCell(null, "failed", 0.2, { dataset: "two.jsonl" }),
  ];
  const { verdict, winner } = settle(cells, atLeast);

  expect({ outcome: verdict.outcome, winner }).toEqual({ outcome: "failed", winner: null });
  expect(verdict.reasons).toEqual(["two.jsonl: accuracy is 0.2", "one.jsonl: accuracy is 0.9"]);
});

test("of several datasets the worst one's figures are shown, also where all pass", () => {
  const cells = [
    aJudgedCell("a", "passed", 0.9, { dataset: "one.jsonl" }),
    aJudgedCell("a", "passed", 0.7, { dataset: "two.jsonl" }),
    aJudgedCell("b", "passed", 0.8, { dataset: "one.jsonl" }),
    aJudgedCell("b", "passed", 0.8, { dataset: "two.jsonl" }),
  ];
  const { verdict, winner } = settle(cells, atLeast);

  expect(winner).toBe("b");
  expect(verdict.metrics["accuracy"]?.value).toBe(0.8);
});
