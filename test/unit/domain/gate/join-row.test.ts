import { expect, test } from "vitest";
import { joinRow, type LineParts, type LineRecord } from "#domain/gate/join-row.ts";
import { isGraded } from "#domain/gate/row-outcome.ts";

const correct = { output: "grade", equals: "Correct" };
const failure = { message: "boom", node: "ask", type: "ValueError" };

function line(outputs: LineRecord["outputs"]): LineRecord[] {
  return [{ index: 0, outputs, failure: null }];
}
const failed: LineRecord[] = [{ index: 0, outputs: null, failure }];

function parts(differences: Partial<LineParts> = {}): LineParts {
  return {
    line: 0,
    variant: null,
    dataset: null,
    inputs: { question: "a" },
    base: line({ answer: "A" }),
    evaluation: line({ grade: "Correct" }),
    ...differences,
  };
}

test.each([
  ["both completed, graded right", {}, "correct"],
  ["graded wrong", { evaluation: line({ grade: "Incorrect" }) }, "incorrect"],
  ["the flow failed", { base: failed, evaluation: [] }, "runError"],
  ["the flow failed, though something graded it", { base: failed }, "runError"],
  ["the evaluation failed", { evaluation: failed }, "evalError"],
  ["the evaluation never saw it", { evaluation: [] }, "missing"],
  ["the evaluation has no output", { evaluation: line(null) }, "missing"],
  ["the flow never told of it", { base: [] }, "missing"],
  ["nobody told of it", { base: [], evaluation: [] }, "missing"],
  ["the output that decides is not there", { evaluation: line({ other: 1 }) }, "incorrect"],
  ["a number is no text", { evaluation: line({ grade: 1 }) }, "incorrect"],
  ["case counts", { evaluation: line({ grade: "correct" }) }, "incorrect"],
] as const)("%s: %o", (_, differences, outcome) => {
  expect(joinRow(parts(differences), correct).outcome).toBe(outcome);
});

test.each([
  [true, true, "correct"],
  ["true", true, "incorrect"],
  [1, 1, "correct"],
  ["1", 1, "incorrect"],
  [null, "null", "incorrect"],
])("%j against %j is %s", (grade, equals, outcome) => {
  const row = joinRow(parts({ evaluation: line({ grade }) }), { output: "grade", equals });
  expect(row.outcome).toBe(outcome);
});

test("a row has what is known of it", () => {
  expect(joinRow(parts({ line: 7, variant: "${a.b}" }), correct)).toEqual({
    line: 7,
    variant: "${a.b}",
    outcome: "correct",
    inputs: { question: "a" },
    outputs: { answer: "A" },
    grade: "Correct",
    error: null,
    evaluation: { grade: "Correct" },
    latencyMs: null,
    tokens: null,
  });
});

test("a row that failed has the message and no grade", () => {
  expect(joinRow(parts({ base: failed, evaluation: [] }), correct)).toEqual({
    line: 0,
    outcome: "runError",
    inputs: { question: "a" },
    outputs: null,
    grade: null,
    error: "boom",
    node: "ask",
    errorType: "ValueError",
    evaluation: null,
    latencyMs: null,
    tokens: null,
  });
});

test("a row of several datasets names its own, and has what the run says it took", () => {
  const usage = { latencyMs: 12, tokens: 3 };
  const [base] = line({ answer: "A" });
  if (base === undefined) throw new Error("no record");

  expect(joinRow(parts({ dataset: "d.jsonl", base: [{ ...base, usage }] }), correct)).toMatchObject(
    {
      dataset: "d.jsonl",
      latencyMs: 12,
      tokens: 3,
    },
  );
});

test("a row that could not be evaluated has its answer, and the evaluation's error", () => {
  const outputs = { grade: "Correct" };
  const evaluation = [{ index: 0, outputs, failure }];

  expect(joinRow(parts({ evaluation }), correct)).toMatchObject({
    outcome: "evalError",
    outputs: { answer: "A" },
    evaluation: null,
    grade: null,
    error: "boom",
    node: "ask",
    errorType: "ValueError",
  });
});

test("of a long message the first thousand characters are kept", () => {
  const long = [{ index: 0, outputs: null, failure: { ...failure, message: "x".repeat(1_001) } }];

  expect(joinRow(parts({ base: long }), correct).error).toBe("x".repeat(1_000));
});

test("records that contradict each other are in no node and have no usage", () => {
  const base = [...line({ answer: "A" }), ...line({ answer: "B" })];

  expect(joinRow(parts({ base }), correct)).toMatchObject({
    node: null,
    errorType: null,
    outputs: null,
    latencyMs: null,
  });
});

test("an output called like a member of every object is only there when it is there", () => {
  const rule = { output: "constructor", equals: "x" };
  const row = joinRow(parts(), rule);
  expect([row.grade, isGraded(row, rule)]).toEqual([null, false]);
});

test("records that say the same count once, with the most time and tokens that any tells", () => {
  const [base] = line({ answer: "A" });
  if (base === undefined) throw new Error("no record");
  const slow = { ...base, usage: { latencyMs: 900, tokens: null } };
  const quick = { ...base, usage: { latencyMs: 100, tokens: 7 } };

  for (const records of [
    [slow, quick, base],
    [base, quick, slow],
  ]) {
    expect(joinRow(parts({ base: records }), correct)).toMatchObject({
      outcome: "correct",
      latencyMs: 900,
      tokens: 7,
    });
  }
});

test.each([
  ["base", "runError", { base: [...line({ answer: "A" }), ...line({ answer: "B" })] }],
  ["base", "runError", { base: [...failed, ...line({ answer: "A" })] }],
  [
    "evaluation",
    "evalError",
    { evaluation: [...line({ grade: "Incorrect" }), ...line({ grade: "Correct" })] },
  ],
] as const)(
  "records of the %s run that contradict each other are a failure, whichever came first",
  (_, outcome, differences) => {
    for (const records of [differences, reversed(differences)]) {
      expect(joinRow(parts(records), correct)).toMatchObject({
        outcome,
        error: "The run has 2 records of this line, which differ.",
      });
    }
  },
);

function reversed(records: Partial<Pick<LineParts, "base" | "evaluation">>): Partial<LineParts> {
  return Object.fromEntries(Object.entries(records).map(([run, all]) => [run, all.toReversed()]));
}
