import { describe, expect, test } from "vitest";
import { type JudgedCell, settle } from "#domain/gate/contest.ts";
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

    expect(settle(cells, policy).verdict.reasons.includes(sentence)).toBe(said);
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
