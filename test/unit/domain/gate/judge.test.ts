import { describe, expect, test } from "vitest";
import type { LoggedMetrics } from "#domain/gate/evidence.ts";
import { couldNotMeasure, judge } from "#domain/gate/judge.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import { anEvidence, aTally } from "#kit/pipelines.ts";

const LOG_IT =
  "what next: let the evaluation flow log a finite number as accuracy, with log_metric";

const atLeast60 = GatePolicy.parse({});

function logged(finite: Record<string, number>, malformed: Record<string, string> = {}) {
  return { finite, malformed } satisfies LoggedMetrics;
}

describe("the point decides without a confidence", () => {
  test.each([
    {
      correct: 6,
      outcome: "passed",
      reason: "accuracy is 0.6 over 10 rows (6 right, 4 wrong), at least 0.6",
    },
    {
      correct: 5,
      outcome: "failed",
      reason: "accuracy is 0.5 over 10 rows (5 right, 5 wrong), below 0.6",
    },
  ])("$correct of 10 right: $outcome", ({ correct, outcome, reason }) => {
    const tally = aTally({ correct, incorrect: 10 - correct });
    const { verdict, code } = judge(
      atLeast60,
      anEvidence({ tally, logged: logged({ accuracy: correct / 10 }) }),
    );

    expect(verdict).toMatchObject({ outcome });
    expect(verdict.reasons[0]).toBe(reason);
    expect(code).toBeNull();
  });

  test("a share just below the bound is never shown as the bound, nor rounded up to it", () => {
    const tally = aTally({ expected: 10_000, correct: 5_999, incorrect: 4_001, graded: 10_000 });
    const { verdict } = judge(atLeast60, anEvidence({ tally, logged: logged({ accuracy: 0.6 }) }));

    expect(verdict.outcome).toBe("failed");
    expect(verdict.reasons[0]).toBe(
      "accuracy is 0.5999 over 10000 rows (5999 right, 4001 wrong), below 0.6",
    );
  });
});

describe("no figure, no pass", () => {
  test.each([
    {
      what: "nothing logged",
      metrics: logged({}),
      reason: "accuracy was not logged by the evaluation run",
    },
    {
      what: "null",
      metrics: logged({}, { accuracy: "null" }),
      reason: "accuracy was logged as null, which is no finite number",
    },
    {
      what: "a string",
      metrics: logged({}, { accuracy: '"0.9"' }),
      reason: 'accuracy was logged as "0.9", which is no finite number',
    },
    {
      what: "NaN",
      metrics: logged({ accuracy: Number.NaN }),
      reason: "accuracy was not logged by the evaluation run",
    },
    {
      what: "Infinity",
      metrics: logged({ accuracy: Number.POSITIVE_INFINITY }),
      reason: "accuracy was not logged by the evaluation run",
    },
    {
      what: "another metric",
      metrics: logged({ precision: 1 }),
      reason: "accuracy was not logged by the evaluation run",
      advice:
        "the evaluation run logged precision; name that in gate.metrics, or log what stands there in an aggregation node (log_metric)",
    },
  ])("$what is an error that names the metric", ({ metrics, reason, advice }) => {
    const { verdict, code } = judge(atLeast60, anEvidence({ tally: aTally(), logged: metrics }));

    const reasons = advice === undefined ? [reason, LOG_IT] : [reason, advice, LOG_IT];
    expect(verdict).toMatchObject({ outcome: "error", reasons });
    expect(code).toBe("METRIC_INVALID");
  });

  test("accuracy needs rows that were graded", () => {
    const tally = aTally({ correct: 0, incorrect: 10, graded: 0 });

    expect(
      judge(atLeast60, anEvidence({ tally, logged: logged({ accuracy: 1 }) })).verdict.outcome,
    ).toBe("error");
  });

  test("a missing metric that is only reported is a note", () => {
    const policy = GatePolicy.parse({
      metrics: [
        { name: "accuracy", min: 0.6 },
        { name: "tone", reportOnly: true },
      ],
    });
    const { verdict } = judge(
      policy,
      anEvidence({ tally: aTally(), logged: logged({ accuracy: 0.9 }) }),
    );

    expect(verdict).toMatchObject({
      outcome: "passed",
      reasons: [
        "accuracy is 0.9 over 10 rows (9 right, 1 wrong), at least 0.6",
        "tone was not logged by the evaluation run (only reported, so nothing depends on it)",
      ],
    });
  });

  test("a pipeline that broke earlier names every metric that is missing, beside what broke it", () => {
    expect(couldNotMeasure(atLeast60, "The base run failed.").reasons).toEqual([
      "The base run failed.",
      "accuracy was not logged by the evaluation run",
    ]);
  });
});

describe("the denominator is the dataset", () => {
  test("rows that failed or never came back count as wrong", () => {
    const policy = GatePolicy.parse({ maxErrorRate: 0.5 });
    const tally = aTally({ correct: 5, incorrect: 1, runError: 2, evalError: 1, missing: 1 });
    const { verdict } = judge(policy, anEvidence({ tally, logged: logged({ accuracy: 5 / 6 }) }));

    expect(verdict.outcome).toBe("failed");
    expect(verdict.metrics["accuracy"]?.value).toBe(0.5);
    expect(verdict.rows).toEqual({ expected: 10, correct: 5, incorrect: 1, failed: 3, missing: 1 });
    expect(verdict.reasons).toEqual([
      "accuracy is 0.5 over 10 rows (5 right, 1 wrong, 3 failed, 1 missing), below 0.6",
      "not right: rows 5, 6, 7, 8 and 9",
      "what next: 6 of the 10 rows have to be right, 1 more than now",
      "warning: the evaluation run logged accuracy 0.833 over the 6 rows that reached it; the gate counts all 10",
    ]);
  });

  test("a logged figure that differs over the same rows points at gate.correct", () => {
    const tally = aTally({ correct: 0, incorrect: 10 });
    const { verdict } = judge(atLeast60, anEvidence({ tally, logged: logged({ accuracy: 1 }) }));

    expect(verdict.reasons).toEqual([
      "accuracy is 0 over 10 rows (0 right, 10 wrong), below 0.6",
      "not right: rows 0, 1, 2, 3, 4, 5, 6, 7, 8 and 9",
      "what next: 6 of the 10 rows have to be right, 6 more than now",
      "warning: the evaluation run logged accuracy 1 over the same rows; gate.correct may not name what it calls right",
    ]);
  });

  test("a single row is too few where more are asked for", () => {
    const policy = GatePolicy.parse({ minRows: 2 });
    const tally = aTally({ expected: 1, correct: 1, incorrect: 0 });

    expect(
      judge(policy, anEvidence({ tally, logged: logged({ accuracy: 1 }) })).verdict.reasons[0],
    ).toBe("1 row is too few: the gate asks for 2");
  });

  test("too many failed rows are an error that says where the first is", () => {
    const tally = aTally({
      correct: 9,
      incorrect: 0,
      runError: 1,
      firstError: { line: 3, node: "fetch", type: "KeyError" },
    });
    const { verdict, code, node } = judge(
      atLeast60,
      anEvidence({ tally, logged: logged({ accuracy: 1 }) }),
    );

    expect([code, node]).toEqual(["ROWS_FAILED", "fetch"]);
    expect(verdict.outcome).toBe("error");
    expect(verdict.reasons[0]).toBe(
      "1 of 10 rows failed, more than the 5 % that maxErrorRate allows; the first is row 3 in node fetch (KeyError)",
    );
  });

  test("exactly the allowed share of failed rows is allowed", () => {
    const tally = aTally({ expected: 20, correct: 19, incorrect: 0, runError: 1 });

    expect(
      judge(atLeast60, anEvidence({ tally, logged: logged({ accuracy: 0.95 }) })).verdict.outcome,
    ).toBe("passed");
  });

  test("fewer rows than the gate asks for decide nothing", () => {
    const policy = GatePolicy.parse({ minRows: 11 });

    expect(
      judge(policy, anEvidence({ tally: aTally(), logged: logged({ accuracy: 0.9 }) })).verdict,
    ).toMatchObject({
      outcome: "inconclusive",
      reasons: [
        "10 rows are too few: the gate asks for 11",
        "accuracy is 0.9 over 10 rows (9 right, 1 wrong), at least 0.6",
        "not right: row 9",
        "what next: about 11 rows like these 10 would decide",
      ],
    });
  });
});

describe("several rules", () => {
  const policy = GatePolicy.parse({
    metrics: [
      { name: "accuracy", min: 0.6 },
      { name: "cost", max: 2 },
    ],
  });

  test.each([
    { cost: 2, outcome: "passed" },
    { cost: 2.001, outcome: "failed" },
  ])("a cost of $cost against at most 2: $outcome", ({ cost, outcome }) => {
    const { verdict } = judge(
      policy,
      anEvidence({ tally: aTally(), logged: logged({ accuracy: 0.9, cost }) }),
    );

    expect(verdict.outcome).toBe(outcome);
  });

  test("entries of one name share their line and hold only together", () => {
    const twice = GatePolicy.parse({
      metrics: [
        { name: "cost", min: 3 },
        { name: "cost", max: 5 },
      ],
    });
    const { verdict } = judge(twice, anEvidence({ tally: aTally(), logged: logged({ cost: 2 }) }));

    expect(verdict.metrics["cost"]).toMatchObject({ value: 2, min: 3, max: 5, ok: false });
  });
});

describe("with a confidence the whole interval must clear the bound", () => {
  const policy = GatePolicy.parse({ confidence: 0.95 });

  test.each([
    { correct: 9, expected: 10, outcome: "inconclusive" },
    { correct: 90, expected: 100, outcome: "passed" },
    { correct: 30, expected: 100, outcome: "failed" },
  ])("$correct of $expected: $outcome", ({ correct, expected, outcome }) => {
    const tally = aTally({ expected, correct, incorrect: expected - correct, graded: expected });
    const share = correct / expected;

    expect(
      judge(policy, anEvidence({ tally, logged: logged({ accuracy: share }) })).verdict.outcome,
    ).toBe(outcome);
  });
});
