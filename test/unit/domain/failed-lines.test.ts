import { expect, test } from "vitest";
import { lostIn, type RunClaim, withClaim } from "#domain/failed-lines.ts";
import type { LineRecord } from "#domain/rows.ts";
import { aTally } from "#kit/pipelines.ts";

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
  expect(lostIn({ line: 0, variant: null, inputs: {}, base, evaluation })).toEqual(lost);
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
