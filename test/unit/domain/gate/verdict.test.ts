import { describe, expect, test } from "vitest";
import { couldNotMeasure, judge } from "#domain/gate/judge.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import { aRow, rowsOf, verdictOn, withInputs } from "#kit/gate-rows.ts";
import { anEvidence, aTally } from "#kit/pipelines.ts";

const counted = { correct: 3, incorrect: 1, failed: 0, missing: 0, expected: 4 };

test("a verdict has what the gate asks for, and no more", () => {
  const verdict = verdictOn({ metrics: [{ name: "tone", min: 3 }] }, rowsOf("ccci"), {
    finite: { tone: 4 },
  });

  expect(verdict).toStrictEqual({
    outcome: "passed",
    reasons: ["tone is 4, at least 3"],
    metrics: { tone: { value: 4, reported: 4, min: 3, ok: true } },
    rows: counted,
  });
});

test("with golden rows, repeats, slices and a baseline it has them too", () => {
  const verdict = verdictOn(
    {
      metrics: [{ name: "accuracy", min: 0.9, maxDrop: 0.1 }],
      golden: "data.golden",
      repeats: 2,
      slices: [{ by: "data.kind", min: 0.5 }],
    },
    withInputs(rowsOf("ccci"), (line) => ({ golden: line > 1, kind: line > 1 ? "a" : "b" })),
    { before: rowsOf("iccc") },
  );

  expect(verdict).toMatchObject({
    outcome: "failed",
    // Both of its rules, in one line: 0.75 is below 0.9, and nothing dropped.
    metrics: { accuracy: { value: 0.75, min: 0.9, maxDrop: 0.1, drop: 0, ok: false } },
    rows: counted,
    golden: { rows: 2, wrong: [3] },
    flaky: [],
    slices: [
      { by: "data.kind", value: "a", rows: 2, correct: 1, share: 0.5, min: 0.5, ok: true },
      { by: "data.kind", value: "b", rows: 2, correct: 2, share: 1, min: 0.5, ok: true },
    ],
    baseline: { deployment: "fg-1", rows: 4, newlyBroken: [3], newlyFixed: [0], pValue: 1 },
  });
});

test("a line of two rules is right only if both hold, whichever fails", () => {
  const metrics = (min: number, max: number) => [
    { name: "cost", min },
    { name: "cost", max },
  ];
  const ok = (min: number, max: number) =>
    verdictOn({ metrics: metrics(min, max) }, rowsOf("c"), { finite: { cost: 4 } }).metrics["cost"]
      ?.ok;

  expect([ok(3, 5), ok(3, 3), ok(5, 5), ok(5, 3)]).toEqual([true, false, false, false]);
});

test("no more than a hundred slices are in the document, the worst", () => {
  const values = Array.from({ length: 60 }, (_, line) => line);
  const verdict = verdictOn(
    {
      slices: [
        { by: "data.a", min: 0 },
        { by: "data.b", min: 0 },
      ],
    },
    withInputs(rowsOf("c".repeat(60)), (line) => ({ a: values[line], b: values[line] })),
  );

  expect(verdict.slices).toHaveLength(100);
  expect(verdict.slices?.filter(({ by }) => by === "data.a")).toHaveLength(60);
});

describe("rows that would decide", () => {
  const rowsNeeded = (gate: object, outcomes: string) =>
    verdictOn(gate, rowsOf(outcomes)).rowsNeeded;

  test("are those of the rule that needs most, and at least minRows", () => {
    // accuracy at 0.9: 10 of 11; see the table of sentences. 4 of 4 at 0.5: 5 of 5.
    const metrics = [{ name: "accuracy", min: 0.6 }];
    expect(rowsNeeded({ metrics, confidence: 0.95 }, "ccccccccci")).toBe(11);
    expect(rowsNeeded({ metrics, confidence: 0.95, minRows: 30 }, "ccccccccci")).toBe(30);
    const half = [...metrics, { name: "accuracy", min: 0.5 }];
    // 4 of 4 is 0.510 at least; 6 of 6 is 0.610, and 0.6^6 = 0.047.
    expect(rowsNeeded({ metrics: half, confidence: 0.95 }, "cccc")).toBe(6);
  });

  test("are not told where one rule cannot be decided by rows, or a verdict is none of doubt", () => {
    const metrics = [{ name: "accuracy", min: 0.6 }];
    const tone = [...metrics, { name: "tone", min: 1 }];
    const open = verdictOn({ metrics: tone, confidence: 0.95 }, rowsOf("ccccccccci"), {
      finite: { tone: 2 },
    });

    expect(open.outcome).toBe("inconclusive");
    expect(open).not.toHaveProperty("rowsNeeded");
    expect(verdictOn({ metrics }, rowsOf("i"))).not.toHaveProperty("rowsNeeded");
  });

  test("are those of minRows alone where the rows that there are would pass", () => {
    expect(rowsNeeded({ minRows: 20 }, "ccc")).toBe(20);
    expect(verdictOn({ minRows: 3 }, rowsOf("ccc")).outcome).toBe("passed");
  });
});

describe("too many failed rows", () => {
  const outcome = (maxErrorRate: number, outcomes: string) =>
    verdictOn({ maxErrorRate, metrics: [{ name: "accuracy", min: 0 }] }, rowsOf(outcomes)).outcome;

  test.each([
    [0.25, "cccr", "passed"],
    [0.24, "cccr", "error"],
    [0.25, "ccre", "error"],
    [0.25, "ccrm", "error"],
    [0.74, "crem", "error"],
    [0.75, "crem", "passed"],
    [0, "ccci", "passed"],
    [0, "cccm", "error"],
  ])("at most %d of %s: %s", (rate, outcomes, expected) => {
    expect(outcome(rate, outcomes)).toBe(expected);
  });

  test("are an error before a metric that is missing, with what to do about both", () => {
    const policy = GatePolicy.parse({ metrics: [{ name: "tone", min: 1 }] });
    const tally = aTally({
      correct: 9,
      incorrect: 0,
      runError: 1,
      firstError: { line: 9, node: "ask", type: null },
    });
    const { verdict, code, node } = judge(policy, anEvidence({ tally, wrong: [9] }));

    expect([code, node]).toEqual(["ROWS_FAILED", "ask"]);
    expect(verdict.reasons).toEqual([
      "1 of 10 rows failed, more than the 5 % that maxErrorRate allows; the first is row 9 in node ask",
      "tone was not logged by the evaluation run",
      "the evaluation run logged accuracy; name that in gate.metrics, or log what stands there in an aggregation node (log_metric)",
      "not right: row 9",
      "what next: let the evaluation flow log a finite number as tone, with log_metric",
      "what next: mend what fails in these rows, or allow more of them with gate.maxErrorRate",
    ]);
  });

  test("of which none has a node have none, and a metric that is missing has none either", () => {
    const gone = aTally({ correct: 5, incorrect: 0, missing: 5 });
    const policy = GatePolicy.parse({});

    expect(
      judge(policy, anEvidence({ tally: gone, logged: { finite: { accuracy: 1 }, malformed: {} } }))
        .node,
    ).toBeNull();
    const firstError = { line: 0, node: "ask", type: null };
    const few = aTally({
      expected: 100,
      correct: 98,
      incorrect: 1,
      runError: 1,
      graded: 99,
      firstError,
    });
    expect(
      judge(policy, anEvidence({ tally: few, logged: { finite: {}, malformed: {} } })),
    ).toMatchObject({
      code: "METRIC_INVALID",
      node: null,
    });
  });
});

describe("right rows that are wanted", () => {
  test("are those for the strictest min of accuracy that is judged", () => {
    const verdict = verdictOn(
      {
        metrics: [
          { name: "accuracy", min: 0.5 },
          { name: "accuracy", min: 0.8 },
          { name: "accuracy", min: 0.9, reportOnly: true },
          { name: "accuracy", max: 0.85 },
        ],
      },
      rowsOf("cciiiiiiii"),
    );

    expect(verdict.reasons).toContain(
      "what next: 8 of the 10 rows have to be right, 6 more than now",
    );
  });

  test("are told beside other metrics, which have a min of their own", () => {
    const metrics = [
      { name: "accuracy", min: 0.6 },
      { name: "tone", min: 3 },
    ];
    const { reasons } = verdictOn({ metrics }, rowsOf("ci"), { finite: { tone: 4 } });

    expect(reasons).toContain("what next: 2 of the 2 rows have to be right, 1 more than now");
  });

  test("are not told where it fails by something else", () => {
    const verdict = verdictOn({ metrics: [{ name: "accuracy", max: 0.5 }] }, rowsOf("ccci"));

    expect(verdict).toMatchObject({
      outcome: "failed",
      reasons: ["accuracy is 0.75 over 4 rows (3 right, 1 wrong), above 0.5", "not right: row 3"],
    });
  });

  test("what to do is said once, and only of rules that do not hold", () => {
    const metrics = [
      { name: "tone", min: 3 },
      { name: "tone", min: 3 },
      { name: "cost", max: 9 },
    ];
    const verdict = verdictOn({ metrics }, rowsOf("c"), { finite: { tone: 1, cost: 1 } });

    expect(verdict.reasons).toEqual([
      "tone is 1, below 3",
      "tone is 1, below 3",
      "cost is 1, at most 9",
      "what next: bring tone to at least 3",
    ]);
  });
});

test("a rule that fails decides before one that is open", () => {
  const metrics = [
    { name: "accuracy", min: 0.6 },
    { name: "tone", min: 3 },
  ];
  const verdict = verdictOn({ metrics, confidence: 0.95 }, rowsOf("cccci"), {
    finite: { tone: 1 },
  });

  expect(verdict.outcome).toBe("failed");
  expect(verdict).not.toHaveProperty("rowsNeeded");
});

test("rows that did not come out alike are listed", () => {
  const repeats = [{ outcome: "correct" }, { outcome: "incorrect" }] as const;

  expect(verdictOn({ repeats: 2 }, [aRow(0), aRow(1, { repeats: [...repeats] })]).flaky).toEqual([
    1,
  ]);
});

test("golden rows are judged where the gate asks for them and they were counted", () => {
  const golden = { rows: 1, wrong: [0], wrongRows: 1 };

  expect(judge(GatePolicy.parse({}), anEvidence({ golden })).verdict).not.toHaveProperty("golden");
  expect(judge(GatePolicy.parse({}), anEvidence({ golden })).verdict.outcome).toBe("passed");
  const asked = GatePolicy.parse({ golden: "data.golden" });
  expect(judge(asked, anEvidence({ golden: null })).verdict).not.toHaveProperty("golden");
});

test("no rows are an error of the metric, and none of rows that failed", () => {
  const none = aTally({ expected: 0, correct: 0, incorrect: 0, graded: 0 });

  expect(judge(GatePolicy.parse({}), anEvidence({ tally: none }))).toMatchObject({
    code: "METRIC_INVALID",
    verdict: { outcome: "error" },
  });
});

test("what could not be measured is an error without figures", () => {
  expect(couldNotMeasure(GatePolicy.parse({}), "It broke.")).toStrictEqual({
    outcome: "error",
    reasons: ["It broke.", "accuracy was not logged by the evaluation run"],
    metrics: {},
    rows: null,
  });
});

test("rows that would decide are of the dataset where a metric has values of some", () => {
  // 13 of 5 rows at 4 (see the metric's tests), and 5 of 10 have one.
  const rows = rowsOf("cccccccccc").map((row) =>
    row.line < 5 ? { ...row, evaluation: { tone: 4 } } : row,
  );
  const verdict = verdictOn({ metrics: [{ name: "tone", min: 3 }], confidence: 0.95 }, rows, {
    finite: { tone: 4 },
  });

  expect(verdict.rowsNeeded).toBe(26);
});

test("with one run of each row nothing is said of repeats", () => {
  expect(verdictOn({}, rowsOf("ccc")).reasons).toHaveLength(1);
  expect(verdictOn({}, rowsOf("ccc"))).not.toHaveProperty("flaky");
});
