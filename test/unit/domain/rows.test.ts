import { expect, test } from "vitest";
import { countRow, emptyTally, joinRow, type LineParts, type LineRecord } from "#domain/rows.ts";

const correct = { output: "grade", equals: "Correct" };
const failure = { message: "boom", node: "ask", type: "ValueError" };

function line(outputs: LineRecord["outputs"]): LineRecord {
  return { index: 0, outputs, failure: null };
}
const failed: LineRecord = { index: 0, outputs: null, failure };

function parts(differences: Partial<LineParts> = {}): LineParts {
  return {
    line: 0,
    variant: null,
    inputs: { question: "a" },
    base: line({ answer: "A" }),
    evaluation: line({ grade: "Correct" }),
    ...differences,
  };
}

test.each([
  ["both completed, graded right", {}, "correct"],
  ["graded wrong", { evaluation: line({ grade: "Incorrect" }) }, "incorrect"],
  ["the flow failed", { base: failed, evaluation: undefined }, "runError"],
  ["the flow failed, though something graded it", { base: failed }, "runError"],
  ["the evaluation failed", { evaluation: failed }, "evalError"],
  ["the evaluation never saw it", { evaluation: undefined }, "missing"],
  ["the evaluation has no output", { evaluation: line(null) }, "missing"],
  ["the flow never told of it", { base: undefined }, "missing"],
  ["nobody told of it", { base: undefined, evaluation: undefined }, "missing"],
  ["the output that decides is not there", { evaluation: line({ other: 1 }) }, "incorrect"],
  ["a number is no text", { evaluation: line({ grade: 1 }) }, "incorrect"],
  ["case counts", { evaluation: line({ grade: "correct" }) }, "incorrect"],
] as const)("%s: %o", (_, differences, outcome) => {
  expect(joinRow(parts(differences), correct).row.outcome).toBe(outcome);
});

test.each([
  [true, true, "correct"],
  ["true", true, "incorrect"],
  [1, 1, "correct"],
  ["1", 1, "incorrect"],
  [null, "null", "incorrect"],
])("%j against %j is %s", (grade, equals, outcome) => {
  const { row } = joinRow(parts({ evaluation: line({ grade }) }), { output: "grade", equals });
  expect(row.outcome).toBe(outcome);
});

test("a row has what is known of it", () => {
  expect(joinRow(parts({ line: 7, variant: "${a.b}" }), correct).row).toEqual({
    line: 7,
    variant: "${a.b}",
    outcome: "correct",
    inputs: { question: "a" },
    outputs: { answer: "A" },
    grade: "Correct",
    error: null,
  });
});

test("a row that failed has the message and no grade", () => {
  expect(joinRow(parts({ base: failed, evaluation: undefined }), correct).row).toEqual({
    line: 0,
    outcome: "runError",
    inputs: { question: "a" },
    outputs: null,
    grade: null,
    error: "boom",
  });
});

test("an output called like a member of every object is only there when it is there", () => {
  const rule = { output: "constructor", equals: "x" };
  const { row, graded } = joinRow(parts(), rule);
  expect([row.grade, graded]).toEqual([null, false]);
});

test("the tally counts every line, and remembers the first failure by names alone", () => {
  const joined = [
    joinRow(parts({ line: 0 }), correct),
    joinRow(parts({ line: 1, evaluation: line({}) }), correct),
    joinRow(parts({ line: 2, base: failed, evaluation: undefined }), correct),
    joinRow(
      parts({ line: 3, evaluation: { ...failed, failure: { ...failure, node: "b" } } }),
      correct,
    ),
    joinRow(parts({ line: 4, evaluation: undefined }), correct),
    joinRow(parts({ line: 5, evaluation: line({ grade: null }) }), correct),
  ];

  expect(joined.reduce(countRow, emptyTally())).toEqual({
    expected: 6,
    correct: 1,
    incorrect: 2,
    runError: 1,
    evalError: 1,
    missing: 1,
    graded: 2,
    firstError: { line: 2, node: "ask", type: "ValueError" },
    troubles: [],
  });
});
