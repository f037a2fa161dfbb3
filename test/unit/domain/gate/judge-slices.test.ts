import { describe, expect, test } from "vitest";
import { judgeSlices } from "#domain/gate/judge-slices.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import { sliceSentence, sliceTooSmall } from "#domain/gate/sentences/slices.ts";
import { anEvidence, aTally } from "#kit/pipelines.ts";

type Counted = readonly [value: string | null, correct: number, rows: number];

function judged(rule: object, counts: readonly Counted[], { confidence = 0, full = false } = {}) {
  const policy = GatePolicy.parse({ slices: [{ by: "data.kind", ...rule }], confidence });
  const slices = counts.map(([value, correct, rows]) => ({
    by: "data.kind",
    value,
    rows,
    correct,
  }));
  const expected = counts.reduce((sum, [, , rows]) => sum + rows, 0);
  const tally = aTally({ expected, correct: 0, incorrect: expected });
  // Another column of the dataset, which this rule is not about.
  const other = { by: "data.other", value: "x", rows: expected, correct: 0 };
  return judgeSlices(
    policy,
    anEvidence({
      slices: [...slices, other],
      tooManySlices: full ? ["data.kind"] : ["data.other"],
      tally,
    }),
  );
}

const silent = {
  outcome: "holds",
  reasons: [],
  missing: [],
  notes: [],
  next: [],
  rowsNeeded: null,
};

test("a slice that holds has its line, and those that hold are counted", () => {
  const { slices, rulings } = judged({ min: 0.5 }, [["a", 1, 2]]);

  // Wilson's interval of 1 of 2 at 0.95: 0.5 ± 0.4055.
  const [slice] = slices;
  expect(slice).toMatchObject({ low: expect.closeTo(0.0945, 4), high: expect.closeTo(0.9055, 4) });
  expect({ ...slice, low: 0, high: 0 }).toStrictEqual({
    by: "data.kind",
    value: "a",
    rows: 2,
    correct: 1,
    share: 0.5,
    low: 0,
    high: 0,
    min: 0.5,
    ok: true,
  });
  expect(rulings).toStrictEqual([
    silent,
    { ...silent, reasons: ["accuracy is at least 0.5 in 1 slice by data.kind"] },
  ]);
});

test("the interval is that of the gate's confidence where there is one", () => {
  // z = 1.6449: the interval of 1 of 2 at 0.9 is 0.5 ± 0.3791.
  const { slices } = judged({ min: 0.5 }, [["a", 1, 2]], { confidence: 0.9 });

  expect(slices[0]?.low).toBeCloseTo(0.5 - 0.3791, 3);
});

test("the worst comes first", () => {
  const counts = [
    ["a", 3, 3],
    ["b", 1, 3],
    ["c", 2, 3],
  ] as const;

  expect(judged({ min: 0.1 }, counts).slices.map(({ value }) => value)).toEqual(["b", "c", "a"]);
});

test("a slice below its min fails, and says how many rows have to be right", () => {
  const { slices, rulings } = judged({ min: 0.8 }, [["a", 1, 4]]);

  expect(slices[0]?.ok).toBe(false);
  expect(rulings).toStrictEqual([
    {
      ...silent,
      outcome: "fails",
      reasons: ['accuracy where data.kind is "a" is 0.25 over 4 rows (1 right), below 0.8'],
      next: ['what next: 4 of the 4 rows where data.kind is "a" have to be right, 3 more than now'],
    },
  ]);
});

test("rows that cannot be enough are not told", () => {
  // With 0 of 3 Wilson's interval ends at 0.562; 3 of 3 at 0.95 begins at 0.438.
  const { rulings } = judged({ min: 0.9 }, [["a", 0, 3]], { confidence: 0.95 });

  expect(rulings).toMatchObject([{ outcome: "fails", next: [] }]);
});

describe("a slice of fewer rows than minRows", () => {
  test("is not judged, and said where it is below", () => {
    const { slices, rulings } = judged({ min: 0.8, minRows: 5 }, [["a", 1, 4]]);

    expect(slices[0]?.ok).toBe(true);
    expect(rulings).toStrictEqual([
      {
        ...silent,
        outcome: "unjudged",
        notes: [
          'accuracy where data.kind is "a" is 0.25 over 4 rows (1 right), below 0.8, not judged: fewer than 5 rows',
        ],
      },
    ]);
  });

  test("is silent where it is not below, and judged from minRows on", () => {
    const unjudged = { ...silent, outcome: "unjudged" };

    expect(judged({ min: 0.25, minRows: 5 }, [["a", 1, 4]]).rulings).toStrictEqual([unjudged]);
    expect(judged({ min: 0.8, minRows: 4 }, [["a", 1, 4]]).rulings).toMatchObject([
      { outcome: "fails" },
    ]);
  });
});

describe("with a confidence", () => {
  test("rows of the dataset that would decide keep the slice's part of them", () => {
    // Of 4 right of 4, 5 would do at 0.5 (0.5^5 = 0.031): five quarters of the 9 rows, 11.25.
    const counts = [
      ["a", 4, 4],
      ["b", 5, 5],
    ] as const;
    const { rulings } = judged({ min: 0.5 }, counts, { confidence: 0.95 });

    expect(rulings).toMatchObject([
      { outcome: "open", rowsNeeded: 12 },
      { outcome: "holds" },
      { reasons: ["accuracy is at least 0.5 in 1 slice by data.kind"] },
    ]);
  });

  test("a slice that is open is not ok, and one exactly at its min can never be decided", () => {
    const { slices, rulings } = judged({ min: 0.5 }, [["a", 2, 4]], { confidence: 0.95 });

    expect(slices[0]?.ok).toBe(false);
    // Wilson's interval of 2 of 4.
    expect(rulings).toStrictEqual([
      {
        ...silent,
        outcome: "open",
        reasons: [
          'accuracy where data.kind is "a" is 0.5 over 4 rows (2 right), not decided: the interval 0.15 to 0.85 includes the bound',
        ],
      },
    ]);
  });
});

describe("a column", () => {
  test("that no row has is an error", () => {
    const unknown = {
      ...silent,
      outcome: "unjudged",
      missing: ["no row of the dataset has data.kind, which gate.slices names"],
      next: ["what next: let gate.slices name a column of the dataset"],
    };

    expect(judged({ min: 0.5 }, [[null, 4, 4]])).toStrictEqual({ rulings: [unknown], slices: [] });
    expect(judged({ min: 0.5 }, [])).toStrictEqual({ rulings: [unknown], slices: [] });
  });

  test("that some rows have is judged", () => {
    const counts = [
      ["a", 4, 4],
      [null, 4, 4],
    ] as const;

    expect(judged({ min: 0.5 }, counts).slices).toHaveLength(2);
  });

  test("of too many values is an error, and so says", () => {
    expect(judged({ min: 0.5 }, [["a", 4, 4]], { full: true })).toStrictEqual({
      rulings: [
        {
          ...silent,
          outcome: "unjudged",
          missing: ["data.kind has more than 1 different values, too many to slice by"],
          next: ["what next: let gate.slices name a column with few values"],
        },
      ],
      slices: [],
    });
  });
});

test("the share of a slice has as many digits as it takes to tell it from its bound", () => {
  const low = { by: "data.kind", value: "a", rows: 2_501, correct: 1_250, share: 1_250 / 2_501 };
  const slice = { ...low, low: 0, high: 1, min: 0.5, ok: false };

  expect(sliceSentence(slice, "fails")).toContain("is 0.4998 over 2501 rows");
  expect(sliceTooSmall(slice, 3_000)).toContain("is 0.4998 over 2501 rows");
});
