import { describe, expect, test } from "vitest";
import { measureRows } from "#domain/gate/measure-rows.ts";
import { Meter } from "#domain/gate/meter.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Row } from "#domain/pipeline.ts";
import { aRow, rowsOf } from "#kit/gate-rows.ts";

const nothing = { finite: {}, malformed: {} };

function evidenceOf(gate: object, rows: readonly Row[], before?: readonly Row[]) {
  const baseline = before === undefined ? null : { deployment: "fg-1", logged: { cost: 1 } };
  const meter = new Meter(GatePolicy.parse(gate), baseline);
  for (const row of rows) meter.add(row, before?.[row.line]);
  return meter.evidence(nothing);
}

test("every row is counted once, as what it is, and the first failure by names alone", () => {
  const rows = [
    ...rowsOf("ciirem"),
    aRow(2, { outcome: "runError", node: "ask", errorType: "KeyError" }),
  ].toReversed();

  expect(evidenceOf({}, rows)).toMatchObject({
    tally: {
      expected: 7,
      correct: 1,
      incorrect: 2,
      runError: 2,
      evalError: 1,
      missing: 1,
      graded: 3,
      firstError: { line: 2, node: "ask", type: "KeyError" },
    },
    wrong: [1, 2, 2, 3, 4, 5],
  });
});

test("what the gate does not ask for is not counted", () => {
  const rows = [aRow(0, { evaluation: { grade: "Correct", accuracy: 1, latencyP95Ms: 2 } })];
  const metrics = ["accuracy", "latencyP95Ms"].map((name) => ({ name, max: 1 }));

  expect(evidenceOf({ metrics }, rows)).toStrictEqual({
    tally: {
      expected: 1,
      correct: 1,
      incorrect: 0,
      runError: 0,
      evalError: 0,
      missing: 0,
      graded: 1,
      firstError: null,
      troubles: [],
    },
    logged: nothing,
    spreads: {},
    usage: {},
    slices: [],
    tooManySlices: [],
    golden: null,
    wrong: [],
    repeats: 1,
    flaky: [],
    flakyRows: 0,
    baseline: null,
  });
});

test("of many rows that are wrong the first hundred are listed, whatever order they come in", () => {
  const rows = rowsOf("i".repeat(1_000)).toReversed();

  expect(evidenceOf({}, rows).wrong).toEqual(Array.from({ length: 100 }, (_, line) => line));
});

describe("slices", () => {
  const by = (values: readonly unknown[]) =>
    values.map((kind, line) =>
      aRow(line, { inputs: { kind }, outcome: line === 0 ? "incorrect" : "correct" }),
    );
  const gate = { slices: [{ by: "data.kind", min: 0.5 }] };
  const counted = (values: readonly unknown[]) =>
    evidenceOf(gate, by(values)).slices.map(({ value, rows, correct }) => [value, rows, correct]);

  test("count by the value as text, rows without the column last", () => {
    expect(counted(["b", undefined, "a", null, 7, "b", { x: 1 }, true])).toEqual([
      ["7", 1, 1],
      ["a", 1, 1],
      ["b", 2, 1],
      ["true", 1, 1],
      ['{"x":1}', 1, 1],
      [null, 2, 2],
    ]);
  });

  test("two rules of one column count it once", () => {
    const twice = { slices: [...gate.slices, { by: "data.kind", min: 0.9 }] };

    expect(evidenceOf(twice, by(["a", "a"])).slices).toEqual([
      { by: "data.kind", value: "a", rows: 2, correct: 1 },
    ]);
  });

  test("a hundred values are told apart, and one more is said to be too many", () => {
    const values = Array.from({ length: 101 }, (_, n) => n);

    expect(evidenceOf(gate, by(values.slice(1))).tooManySlices).toEqual([]);
    expect(evidenceOf(gate, by(values))).toMatchObject({ tooManySlices: ["data.kind"] });
  });
});

test.each([
  [true, 1],
  ["true", 1],
  [" TRUE ", 1],
  [false, 0],
  ["false", 0],
  [1, 0],
  ["yes", 0],
  ["untrue", 0],
  ["trueish", 0],
  [null, 0],
])("golden: %j counts %d", (golden, rows) => {
  const evidence = evidenceOf({ golden: "data.golden" }, [aRow(0, { inputs: { golden } })]);

  expect(evidence.golden).toEqual({ rows, wrong: [], wrongRows: 0 });
});

describe("usage", () => {
  const names = ["latencyMeanMs", "latencyP50Ms", "latencyP95Ms", "latencyMaxMs", "tokensTotal"];
  const gate = { metrics: names.map((name) => ({ name, max: 1 })) };
  const used = (rows: readonly Row[]) => evidenceOf(gate, rows).usage;

  test("is of all rows, by nearest rank", () => {
    const rows = Array.from({ length: 20 }, (_, line) =>
      aRow(line, { latencyMs: (line + 1) * 10, tokens: line }),
    );

    expect(used(rows)).toEqual({
      latencyMeanMs: 105,
      latencyP50Ms: 100,
      latencyP95Ms: 190,
      latencyMaxMs: 200,
      tokensTotal: 190,
    });
  });

  test("is not known where a row that came through does not have it", () => {
    expect(used([aRow(0, { latencyMs: 5, tokens: 1 }), aRow(1, { tokens: 1 })])).toEqual({
      tokensTotal: 2,
    });
    expect(used([aRow(0, { latencyMs: Number.NaN })])).toEqual({});
  });

  test("of a row that failed may be unknown", () => {
    expect(used([aRow(0, { latencyMs: 5 }), aRow(1, { outcome: "runError" })])).toMatchObject({
      latencyMaxMs: 5,
    });
  });
});

describe("values of rows", () => {
  const gate = { metrics: [{ name: "tone", min: 1 }] };
  const saying = (...tones: unknown[]) =>
    tones.map((tone, line) => aRow(line, { evaluation: { grade: "Correct", tone } }));

  test("spread about their mean", () => {
    expect(evidenceOf(gate, saying(1, 2, 3)).spreads).toEqual({
      tone: { count: 3, mean: 2, squares: 2, isShare: false, lowest: 1, highest: 3 },
    });
  });

  test("that are no finite numbers are none", () => {
    expect(evidenceOf(gate, saying("4", null, Number.NaN, undefined)).spreads).toEqual({});
  });

  test("of a row that is repeated are the mean of all its repeats, or none", () => {
    const repeated = (...tones: unknown[]) =>
      aRow(0, {
        repeats: tones.map((tone) => ({ outcome: "correct" as const, evaluation: { tone } })),
      });

    expect(evidenceOf(gate, [repeated(1, 2)]).spreads["tone"]).toMatchObject({ mean: 1.5 });
    expect(evidenceOf(gate, [repeated(1, "2")]).spreads).toEqual({});
  });
});

describe("a baseline", () => {
  test("is compared line by line", () => {
    const evidence = evidenceOf({}, rowsOf("ciccir"), rowsOf("iccccc"));

    expect(evidence.baseline).toEqual({
      deployment: "fg-1",
      rows: 6,
      broken: 3,
      fixed: 1,
      newlyBroken: [1, 4, 5],
      newlyFixed: [0],
      logged: {},
      differences: {},
    });
  });

  test("has the differences of a metric only where both have it on every row", () => {
    const gate = { metrics: [{ name: "cost", maxDrop: 1 }] };
    const costing = (...costs: unknown[]) =>
      costs.map((cost, line) => aRow(line, { evaluation: { cost } }));

    expect(evidenceOf(gate, costing(1, 2), costing(2, 5)).baseline).toMatchObject({
      logged: { cost: 1 },
      differences: {
        cost: { count: 2, mean: 2, squares: 2, isShare: false, lowest: 1, highest: 3 },
      },
    });
    const { baseline } = evidenceOf(gate, costing(1, null), costing(2, 5));
    expect(baseline).toHaveProperty("differences", {});
  });

  test("that lacks a row is none", () => {
    expect(evidenceOf({}, rowsOf("cc"), rowsOf("c")).baseline).toEqual({
      none: "the stored rows of fg-1 lack 1 of the dataset's",
    });
  });
});

test("stored rows are counted as another policy sees them, those of the baseline too", async () => {
  const stored = [
    { row: aRow(0, { evaluation: { grade: "Correct", tone: 2 } }), before: aRow(0) },
    { row: aRow(1, { evaluation: { tone: 5 } }), before: aRow(1, { evaluation: { tone: 5 } }) },
    { row: aRow(2, { outcome: "runError" }), before: aRow(2) },
  ];
  const policy = GatePolicy.parse({ correct: { output: "tone", equals: 5 } });
  async function* rows() {
    yield* stored;
  }
  const baseline = { deployment: "fg-1", logged: {} };

  expect(await measureRows(policy, rows(), nothing, baseline)).toMatchObject({
    tally: { correct: 1, incorrect: 1, runError: 1 },
    baseline: { broken: 0, fixed: 0 },
  });
});
