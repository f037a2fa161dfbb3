import { expect, test } from "vitest";
import { lostIn, type RunClaim, withClaim } from "#domain/failed-lines.ts";
import type { LineRecord } from "#domain/gate/join-row.ts";
import { judge } from "#domain/gate/judge.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import { anEvidence, aTally } from "#kit/pipelines.ts";

const fine: LineRecord = { index: 0, outputs: {}, failure: null };
const failed: LineRecord = {
  index: 0,
  outputs: null,
  failure: { message: "x", node: null, type: null },
};

test.each([
  { base: fine, evaluation: fine, lost: { base: false, evaluation: false } },
  { base: failed, evaluation: undefined, lost: { base: true, evaluation: false } },
  { base: undefined, evaluation: undefined, lost: { base: true, evaluation: false } },
  { base: failed, evaluation: failed, lost: { base: true, evaluation: true } },
  { base: fine, evaluation: failed, lost: { base: false, evaluation: true } },
  { base: fine, evaluation: undefined, lost: { base: false, evaluation: true } },
  {
    base: fine,
    evaluation: { ...fine, outputs: null },
    lost: { base: false, evaluation: true },
  },
])("$lost", ({ base, evaluation, lost }) => {
  const listed = (record: LineRecord | undefined) => (record === undefined ? [] : [record]);
  const records = { base: listed(base), evaluation: listed(evaluation) };
  expect(lostIn({ line: 0, variant: null, dataset: null, inputs: {}, ...records })).toEqual(lost);
});

const silent: RunClaim = { failedLines: null, error: null };
const error = { failedLines: null, node: "ask", type: "ValueError" };

test.each([
  ["nothing", 0, silent],
  ["as many as its lines", 2, { ...silent, failedLines: 2 }],
  ["fewer than its lines: some never came back", 2, { ...silent, failedLines: 0 }],
  ["an error about those lines", 2, { failedLines: 2, error: { ...error, failedLines: 2 } }],
  ["an error that counts nothing, where a line failed", 1, { ...silent, error }],
] as const)("a run that says %s changes nothing", (_, lost, claim) => {
  expect(withClaim(aTally(), "base", lost, claim)).toEqual(aTally());
});

test.each([
  ["by its metric", { ...silent, failedLines: 3 }, 3],
  ["by its error", { ...silent, error: { ...error, failedLines: 4 } }, 4],
  ["by the larger of both", { failedLines: 3, error: { ...error, failedLines: 4 } }, 4],
])(
  "lines that failed %s, and no row shows, count as failed and not as right",
  (_, claim, claimed) => {
    const tally = withClaim(aTally(), "base", 2, claim);

    expect(tally).toMatchObject({ expected: 10, correct: 9 - (claimed - 2), incorrect: 1 });
    expect(tally.runError).toBe(claimed - 2);
    expect(tally.troubles).toEqual([{ run: "base", claimed, shown: 2, node: null, type: null }]);
  },
);

test("an error that does not say of how many lines is of one at least", () => {
  const tally = withClaim(aTally(), "evaluation", 0, { ...silent, error });
  expect(tally).toMatchObject({ correct: 8, evalError: 1 });
});

test("more failed lines than there are rows leave no row right", () => {
  const tally = withClaim(aTally(), "base", 0, { ...silent, failedLines: 99 });
  expect(tally).toMatchObject({ expected: 10, correct: 0, incorrect: 0, runError: 10 });
});

test("an error that is about no line is noted with its place, and costs no row", () => {
  const beside = { ...silent, failedLines: 0, error: { ...error, failedLines: 0 } };
  expect(withClaim(aTally(), "evaluation", 0, beside)).toEqual(
    aTally({
      troubles: [{ run: "evaluation", claimed: 0, shown: 0, node: "ask", type: "ValueError" }],
    }),
  );
});

const atLeast60 = GatePolicy.parse({});

test("what a run says of itself that its lines do not show is said", () => {
  const nowhere = { node: null, type: null };
  const tally = aTally({
    troubles: [
      { run: "base", claimed: 3, shown: 2, ...nowhere },
      { run: "evaluation", claimed: 1, shown: 0, ...nowhere },
      { run: "evaluation", claimed: 0, shown: 0, node: "sum", type: "KeyError" },
      { run: "base", claimed: 0, shown: 0, ...nowhere },
    ],
  });
  const { verdict } = judge(atLeast60, anEvidence({ tally }));

  expect(verdict.reasons.slice(1)).toEqual([
    "warning: the base run says that 3 of its lines failed, and 2 show it; the gate counts 3",
    "warning: the evaluation run says that 1 of its lines failed, and 0 show it; the gate counts 1",
    "warning: the evaluation run completed with an error in node sum (KeyError), which is none of its lines'",
    "warning: the base run completed with an error, which is none of its lines'",
  ]);
});

test("an aggregation that failed is a metric that was not logged, with the node's name", () => {
  const trouble = { run: "evaluation", claimed: 0, shown: 0, node: "sum", type: null } as const;
  const { verdict, code } = judge(
    atLeast60,
    anEvidence({
      tally: aTally({ troubles: [trouble] }),
      logged: { finite: {}, malformed: {} },
    }),
  );

  expect([verdict.outcome, code]).toEqual(["error", "METRIC_INVALID"]);
  expect(verdict.reasons).toEqual([
    "accuracy was not logged by the evaluation run",
    "what next: let the evaluation flow log a finite number as accuracy, with log_metric",
    "warning: the evaluation run completed with an error in node sum, which is none of its lines'",
  ]);
});
