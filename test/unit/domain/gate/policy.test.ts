import { describe, expect, test } from "vitest";
import { cellOf, GatePolicy, minPassOf } from "#domain/gate/policy.ts";

test("what is not said has a default", () => {
  expect(GatePolicy.parse({})).toEqual({
    correct: { output: "grade", equals: "Correct" },
    metrics: [{ name: "accuracy", min: 0.6, reportOnly: false }],
    slices: [],
    repeats: 1,
    confidence: 0,
    maxErrorRate: 0.05,
    minRows: 1,
  });
});

const accuracy = (rule: object) => ({ metrics: [{ name: "accuracy", ...rule }] });
const slice = (rule: object) => ({ slices: [{ by: "data.kind", min: 0.5, ...rule }] });

describe("a gate that could not mean anything is refused", () => {
  test.each([
    [accuracy({}), "metrics.0", "needs min, max or maxDrop (or reportOnly: true)"],
    [
      accuracy({ min: 0.7, max: 0.6 }),
      "metrics.0.min",
      "is more than max, so nothing could ever pass",
    ],
    [
      accuracy({ min: 1.1 }),
      "metrics.0.min",
      "accuracy is a share from 0 to 1, so nothing could ever pass",
    ],
    [
      accuracy({ max: -0.1 }),
      "metrics.0.max",
      "accuracy is a share from 0 to 1, so nothing could ever pass",
    ],
    [
      { metrics: [{ name: "latencyP95Ms", maxDrop: 1 }] },
      "metrics.0.maxDrop",
      "maxDrop is for metrics of which more is better; use max",
    ],
    [slice({ by: "kind" }), "slices.0.by", "data.<column>, a column of the dataset"],
    [slice({ by: "my.data.kind" }), "slices.0.by", "data.<column>, a column of the dataset"],
    [{ confidence: 1 }, "confidence", "has to be less than 1: 0.95 is 95 %"],
    [{ maxErrorRate: 5 }, "maxErrorRate", "has to be at most 1: 0.05 is 5 %"],
    [{ golden: "data." }, "golden", "data.<column>, a column of the dataset"],
    [{ repeats: 2, minPass: 3 }, "minPass", "is more than repeats, so no row could ever be right"],
    [{ minPass: 2 }, "minPass", "is more than repeats, so no row could ever be right"],
  ])("%j", (gate, path, message) => {
    const { issues = [] } = GatePolicy.safeParse(gate).error ?? {};

    expect(issues.map((issue) => [issue.path.join("."), issue.message])).toContainEqual([
      path,
      message,
    ]);
  });

  test.each([
    [{ metrics: [] }, "metrics"],
    [{ metrics: [{ name: "", min: 1 }] }, "metrics.0.name"],
    [accuracy({ min: Number.NaN }), "metrics.0.min"],
    [accuracy({ min: Number.POSITIVE_INFINITY }), "metrics.0.min"],
    [accuracy({ min: "0.6" }), "metrics.0.min"],
    [accuracy({ maxDrop: -0.1 }), "metrics.0.maxDrop"],
    [accuracy({ min: 0.6, least: 1 }), "metrics.0"],
    [slice({ min: 1.1 }), "slices.0.min"],
    [slice({ min: undefined }), "slices.0.min"],
    [slice({ minRows: 0 }), "slices.0.minRows"],
    [{ repeats: 0 }, "repeats"],
    [{ repeats: 21 }, "repeats"],
    [{ repeats: 1.5 }, "repeats"],
    [{ minPass: 0 }, "minPass"],
    [{ confidence: 1 }, "confidence"],
    [{ confidence: -0.1 }, "confidence"],
    [{ maxErrorRate: 1.1 }, "maxErrorRate"],
    [{ minRows: 0 }, "minRows"],
    [{ correct: { output: "", equals: 1 } }, "correct.output"],
    [{ correct: { output: "grade", equals: null } }, "correct.equals"],
    [{ gold: "data.golden" }, ""],
  ])("%j, at %s", (gate, path) => {
    const { issues = [] } = GatePolicy.safeParse(gate).error ?? {};

    expect(issues.map((issue) => issue.path.join("."))).toContain(path);
  });
});

test.each([
  accuracy({ min: 1 }),
  accuracy({ max: 0 }),
  accuracy({ min: 0.6, max: 0.6 }),
  { metrics: [{ name: "tone", max: -1 }] },
  { metrics: [{ name: "tone", min: 5 }] },
])("%j is a gate", (gate) => {
  expect(GatePolicy.safeParse(gate).error).toBeUndefined();
});

test.each([
  [{}, 1],
  [{ repeats: 2 }, 2],
  [{ repeats: 3 }, 2],
  [{ repeats: 4 }, 3],
  [{ repeats: 5, minPass: 1 }, 1],
])("of %j a row has to be right %d times", (gate, times) => {
  expect(minPassOf(GatePolicy.parse(gate))).toBe(times);
});

test("a column called like a member of every object is only there when it is there", () => {
  expect(cellOf({}, "data.constructor")).toBeUndefined();
  expect(cellOf({ constructor: "x" }, "data.constructor")).toBe("x");
  expect(cellOf({ "a.b": 1 }, "data.a.b")).toBe(1);
});
