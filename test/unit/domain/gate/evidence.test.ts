import { expect, test } from "vitest";
import { Evidence, LoggedMetrics, PairedCounts, RowTally } from "#domain/gate/evidence.ts";
import { Meter } from "#domain/gate/meter.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import { rowsOf } from "#kit/gate-rows.ts";

// It is stored between two steps: what does not read as it was written would be judged as something else.

const trouble = { run: "base", claimed: 2, shown: 1, node: null, type: null } as const;

function evidence(): Evidence {
  const policy = GatePolicy.parse({
    metrics: [{ name: "tone", min: 1 }],
    slices: [{ by: "data.kind", min: 0.5 }],
    golden: "data.golden",
  });
  const meter = new Meter(policy, { deployment: "fg-1", logged: { tone: 3 } });
  for (const [at, row] of rowsOf("cire").entries()) meter.add(row, rowsOf("ccic")[at]);
  const { tally, ...rest } = meter.evidence({ finite: { tone: 2 }, malformed: { cost: "null" } });
  return { ...rest, tally: { ...tally, troubles: [trouble] } };
}

test("what a meter has read survives being stored", () => {
  expect(Evidence.parse(JSON.parse(JSON.stringify(evidence())))).toEqual(evidence());
  const without = { ...evidence(), baseline: { none: "nothing serves" } };
  expect(Evidence.parse(without)).toEqual(without);
  expect(Evidence.parse({ ...without, baseline: null, golden: null, repeats: 3 }).repeats).toBe(3);
});

test("a tally without troubles is one of before there were any", () => {
  const { troubles: _, ...older } = evidence().tally;

  expect(RowTally.parse(older).troubles).toEqual([]);
});

const lines = Array.from({ length: 101 }, (_, line) => line);
test.each([
  ["tally", {}],
  ["logged", {}],
  ["logged", { finite: { tone: Number.NaN }, malformed: {} }],
  ["slices", [{ by: "data.kind" }]],
  ["golden", {}],
  ["golden", { rows: 1, wrong: lines, wrongRows: 101 }],
  ["wrong", lines],
  ["wrong", [0.5]],
  ["flakyRows", -1],
  ["flakyRows", 0.5],
  ["repeats", 0],
  ["baseline", {}],
  ["baseline", { deployment: "fg-1" }],
])("%s is not %j", (field, value) => {
  expect(Evidence.safeParse({ ...evidence(), [field]: value }).success).toBe(false);
});

test.each([
  ["troubles", [{ ...trouble, run: "other" }]],
  ["troubles", [{ ...trouble, claimed: -1 }]],
  ["troubles", [{}]],
  ["firstError", {}],
  ["expected", -1],
])("a tally's %s is not %j", (field, value) => {
  expect(RowTally.safeParse({ ...evidence().tally, [field]: value }).success).toBe(false);
});

test("both kinds of runs may be in trouble", () => {
  const troubles = [trouble, { ...trouble, run: "evaluation" }];

  expect(RowTally.parse({ ...evidence().tally, troubles }).troubles).toEqual(troubles);
});

test("counts of two variants, and metrics, are there or are refused", () => {
  expect(PairedCounts.safeParse({ rows: 3, onlyLeader: 2 }).success).toBe(false);
  expect(LoggedMetrics.safeParse({ finite: {} }).success).toBe(false);
});
