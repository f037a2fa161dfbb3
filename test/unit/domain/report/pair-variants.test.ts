import { describe, expect, test } from "vitest";
import type { JudgedCell } from "#domain/gate/contest.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import { runsToPair } from "#domain/report/pair-variants.ts";
import type { MeasuredCell } from "#domain/report/report.ts";
import { rowsOf, verdictOn } from "#kit/gate-rows.ts";

const SURE = GatePolicy.parse({ metrics: [{ name: "accuracy", min: 0.1 }], confidence: 0.95 });
const TROUBLE = { run: "base", claimed: 1, shown: 1, node: "sum", type: "KeyError" } as const;

/** Variants a, b and c on one dataset, the better the later. */
const judged: readonly JudgedCell[] = ["cciii", "cccii", "cccci"].map((outcomes, at) => ({
  variant: ["a", "b", "c"][at] ?? "",
  dataset: "data.jsonl",
  judgement: {
    verdict: verdictOn({ ...SURE, confidence: 0 }, rowsOf(outcomes)),
    code: null,
    node: null,
  },
}));

function measuredWith(troubles: Readonly<Record<number, MeasuredCell["troubles"]>>) {
  return judged.map(({ variant, dataset }, index) => ({
    index,
    variant,
    dataset,
    digest: "",
    logged: { finite: {}, malformed: {} },
    troubles: troubles[index] ?? [],
    baseline: null,
    error: null,
  }));
}

describe("the runs to compare row by row", () => {
  test("are those of the two best variants, also where a run had an error beside its lines", () => {
    const pairs = [{ leader: 2, second: 1 }];

    expect(runsToPair(SURE, judged, measuredWith({}))).toEqual(pairs);
    expect(runsToPair(SURE, judged, measuredWith({ 1: [TROUBLE], 2: [TROUBLE] }))).toEqual(pairs);
    expect(runsToPair(SURE, judged, measuredWith({ 0: [{ ...TROUBLE, claimed: 2 }] }))).toEqual(
      pairs,
    );
  });

  test.each([1, 2])("are none where run %i counts more failed lines than its rows show", (run) => {
    const troubles = { [run]: [TROUBLE, { ...TROUBLE, claimed: 2 }] };

    expect(runsToPair(SURE, judged, measuredWith(troubles))).toEqual([]);
  });

  test("are none where the gate does not ask, or there is one variant", () => {
    expect(runsToPair({ ...SURE, confidence: 0 }, judged, measuredWith({}))).toEqual([]);
    expect(runsToPair(SURE, judged.slice(0, 1), measuredWith({}).slice(0, 1))).toEqual([]);
  });
});
