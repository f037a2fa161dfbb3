import { describe, expect, test } from "vitest";
import { GatePolicy } from "#domain/gate/policy.ts";
import {
  attemptsOf,
  gradedOutcome,
  isGraded,
  metricOf,
  regrade,
  withRepeat,
} from "#domain/gate/row-outcome.ts";
import { aRow } from "#kit/gate-rows.ts";

const rule = { output: "grade", equals: "Correct" };

test("an attempt without an evaluation is not graded, and wrong where it came through", () => {
  for (const attempt of [
    { outcome: "correct" },
    { outcome: "correct", evaluation: null },
  ] as const) {
    expect(isGraded(attempt, rule)).toBe(false);
    expect(gradedOutcome(attempt, rule)).toBe("incorrect");
  }
  expect(gradedOutcome({ outcome: "missing", evaluation: { grade: "Correct" } }, rule)).toBe(
    "missing",
  );
});

describe("a stored row under another policy", () => {
  const policy = GatePolicy.parse({ correct: { output: "tone", equals: 5 } });

  test("shows what that policy calls its grade, or none", () => {
    const row = aRow(0, { evaluation: { grade: "Incorrect", tone: 5 } });

    expect(regrade(row, policy)).toEqual({ ...row, outcome: "correct", grade: 5 });
    expect(regrade(aRow(0), policy)).toMatchObject({ outcome: "incorrect", grade: null });
    expect(regrade(aRow(0, { outcome: "missing" }), policy)).toMatchObject({
      outcome: "missing",
      grade: null,
    });
  });

  test("has each of its repeats graded again", () => {
    const attempt = (tone: number) => ({ outcome: "incorrect" as const, evaluation: { tone } });
    const twice = GatePolicy.parse({ ...policy, repeats: 2, minPass: 1 });
    const row = regrade(aRow(0, { repeats: [attempt(4), attempt(5), attempt(5)] }), twice);

    expect(row.repeats?.map(({ outcome }) => outcome)).toEqual(["incorrect", "correct"]);
    expect(row.outcome).toBe("correct");
  });
});

describe("a row after its repeats", () => {
  const three = GatePolicy.parse({ repeats: 3 });
  const came = (outcome: "correct" | "incorrect", answer: string, latencyMs: number) =>
    aRow(0, { outcome, outputs: { answer }, latencyMs, tokens: 2 });

  test("shows the first that came out as it does", () => {
    const first = withRepeat(undefined, came("correct", "A", 1), three);
    const second = withRepeat(first, came("incorrect", "B", 2), three);
    const third = withRepeat(second, came("incorrect", "C", 3), three);

    expect([first, second, third].map(({ outputs }) => outputs?.["answer"])).toEqual([
      "A",
      "B",
      "B",
    ]);
    expect(third.repeats).toEqual([
      { outcome: "correct", evaluation: { grade: "Correct" }, latencyMs: 1, tokens: 2 },
      { outcome: "incorrect", evaluation: { grade: "Incorrect" }, latencyMs: 2, tokens: 2 },
      { outcome: "incorrect", evaluation: { grade: "Incorrect" }, latencyMs: 3, tokens: 2 },
    ]);
  });

  test("has each of them as an attempt, and is one itself where it was run once", () => {
    const once = aRow(0);

    expect(attemptsOf(once)).toEqual([once]);
    expect(attemptsOf(withRepeat(undefined, once, three))).toHaveLength(1);
  });
});

test.each([
  [{ tone: 4 }, "tone", 4],
  [{ tone: "4" }, "tone", undefined],
  [{ tone: Number.POSITIVE_INFINITY }, "tone", undefined],
  [{ tone: 4 }, "constructor", undefined],
  [null, "tone", undefined],
] as const)("of %j, %s of a row is %s", (evaluation, name, value) => {
  expect(metricOf(aRow(0, { evaluation }), name)).toBe(value);
});
