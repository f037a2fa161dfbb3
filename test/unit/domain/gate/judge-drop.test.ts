import { describe, expect, test } from "vitest";
import type { Comparison } from "#domain/gate/evidence.ts";
import { judgeDrop } from "#domain/gate/judge-drop.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import { NO_VALUES, withValue } from "#domain/gate/statistics/spread.ts";
import { anEvidence } from "#kit/pipelines.ts";

const spreadOf = (...values: number[]) => values.reduce(withValue, NO_VALUES);
const alike = (times: number, value: number) => Array.from({ length: times }, () => value);

interface Rule {
  readonly name?: string;
  readonly maxDrop: number;
  readonly reportOnly?: boolean;
}

function dropped(
  { name = "accuracy", maxDrop, reportOnly = false }: Rule,
  baseline: Partial<Comparison> | { none: string } | null,
  { confidence = 0, value = 1 as number | null } = {},
) {
  const policy = GatePolicy.parse({ metrics: [{ name, maxDrop, reportOnly }], confidence });
  const nothing = { broken: 0, fixed: 0, newlyBroken: [], newlyFixed: [] };
  const whole: Comparison = {
    deployment: "fg-1",
    rows: 20,
    ...nothing,
    logged: {},
    differences: {},
    ...baseline,
  };
  const evidence = anEvidence({
    baseline: baseline === null || "none" in baseline ? (baseline as null) : whole,
  });
  return judgeDrop({ name, maxDrop, reportOnly }, value, policy, evidence);
}

const nothing = {
  outcome: "holds",
  reasons: [],
  missing: [],
  notes: [],
  next: [],
  rowsNeeded: null,
};

describe("nothing to compare", () => {
  test("is said, and not held against it", () => {
    expect(dropped({ maxDrop: 0 }, { none: "nothing serves yet" })).toStrictEqual({
      ...nothing,
      metric: { ok: true },
      notes: ["accuracy is not compared with what serves today: nothing serves yet"],
    });
    expect(dropped({ maxDrop: 0 }, null).notes).toEqual([
      "accuracy is not compared with what serves today: the gate that these rows were measured for has no maxDrop, so what served then was not looked up; a rule with maxDrop, also with reportOnly, has that done from the next pipeline on",
    ]);
    expect(dropped({ name: "tone", maxDrop: 0 }, {})).toStrictEqual({
      ...nothing,
      metric: { ok: true },
      notes: ["tone is not compared with what serves today: fg-1 was evaluated without it"],
    });
  });

  test("is not said of a metric that has no figure itself", () => {
    expect(dropped({ maxDrop: 0 }, { broken: 9 }, { value: null })).toStrictEqual({
      ...nothing,
      metric: { ok: true },
    });
  });

  test("is said of a metric called like a member of every object", () => {
    const rule = { name: "constructor", maxDrop: 1 };

    expect(dropped(rule, {}).notes).toHaveLength(1);
    const logged = { constructor: 2 } as unknown as Record<string, number>;
    expect(dropped(rule, { logged }, { confidence: 0.9 })).toMatchObject({
      outcome: "open",
      reasons: ["constructor is 1 below that of fg-1, not decided: no interval is known for it"],
    });
  });
});

describe("accuracy, by its point", () => {
  test.each([
    [{ rows: 20, broken: 2, fixed: 0 }, 0.1, "holds", 0.1],
    [{ rows: 20, broken: 2, fixed: 0 }, 0.099, "fails", 0.1],
    [{ rows: 20, broken: 2, fixed: 3 }, 0, "holds", -0.05],
  ] as const)("%j against %d: %s", (baseline, maxDrop, outcome, drop) => {
    const ruling = dropped({ maxDrop }, baseline);

    expect(ruling.outcome).toBe(outcome);
    expect(ruling.metric).toEqual({ drop, ok: outcome === "holds" });
  });

  test("that fails says which rows broke and what next", () => {
    const baseline = { rows: 20, broken: 2, newlyBroken: [3, 7] };

    expect(dropped({ maxDrop: 0.05 }, baseline)).toStrictEqual({
      ...nothing,
      outcome: "fails",
      metric: { drop: 0.1, ok: false },
      reasons: [
        "accuracy is 0.1 below that of fg-1, a drop of more than 0.05",
        "newly broken: rows 3 and 7",
      ],
      next: ["what next: bring accuracy to no more than 0.05 below that of fg-1"],
    });
  });

  test("that holds says no rows, and one that is only reported decides nothing", () => {
    const baseline = { rows: 20, broken: 2, newlyBroken: [3, 7] };

    expect(dropped({ maxDrop: 0.1 }, baseline).reasons).toHaveLength(1);
    expect(dropped({ maxDrop: 0, reportOnly: true }, baseline)).toStrictEqual({
      ...nothing,
      outcome: "unjudged",
      metric: { drop: 0.1, ok: true },
      reasons: ["accuracy is 0.1 below that of fg-1, only reported", "newly broken: rows 3 and 7"],
    });
  });
});

// Tango's intervals are those of statistics.test.ts.
describe("accuracy, with a confidence of 0.95", () => {
  const sure = { confidence: 0.95 };

  test.each([
    ["-0.469 to -0.049", { rows: 20, broken: 0, fixed: 5 }, 0, "holds"],
    ["0.011 to 0.259", { rows: 54, broken: 9, fixed: 2 }, 0.26, "holds"],
    ["0.011 to 0.259", { rows: 54, broken: 9, fixed: 2 }, 0.25, "open"],
    ["-0.240 to 0.471", { rows: 8, broken: 1, fixed: 0 }, 0.1, "open"],
    // The interval ends above 0, and McNemar's exact p of 9 to 2 is 0.065: 2 × (1 + 11 + 55) / 2048.
    ["0.011 to 0.259", { rows: 54, broken: 9, fixed: 2 }, 0.01, "open"],
    // 6 to 0 is 0.03125.
    ["0.145 at least", { rows: 20, broken: 6, fixed: 0 }, 0.05, "fails"],
  ] as const)("%s: %j against %d is %s", (_, baseline, maxDrop, outcome) => {
    expect(dropped({ maxDrop }, baseline, sure).outcome).toBe(outcome);
  });

  test("the confidence is the gate's own", () => {
    // 0.161 to 0.450 at 0.9, and wider at 0.95.
    const pairs = { rows: 36, broken: 12, fixed: 1 };

    expect(dropped({ maxDrop: 0.451 }, pairs, { confidence: 0.9 }).outcome).toBe("holds");
    expect(dropped({ maxDrop: 0.451 }, pairs, sure).outcome).toBe("open");
  });

  test("what may well be chance says so", () => {
    const ruling = dropped({ maxDrop: 0.01 }, { rows: 54, broken: 9, fixed: 2 }, sure);

    expect(ruling.metric.ok).toBe(false);
    // 10 broken and 2 fixed are 0.039: 2 × (1 + 12 + 66) / 4096. That many are broken of 57 rows, 9 × 57 / 54 being 9.5.
    expect(ruling.rowsNeeded).toBe(57);
    expect(ruling.reasons[0]).toBe(
      "accuracy is 0.13 below that of fg-1, not decided: over 54 rows, a flow exactly at the bound comes out so too often by chance",
    );
  });

  test("rows that would decide are counted as if they agreed and disagreed alike", () => {
    // Score at 0.1 over one row: −0.0090909 / √(2 × 0.0876058 + 0.1 × 0.9) = −0.0176527, and (1.959964 / 0.0176527)² = 12327.3.
    const pairs = { rows: 11, broken: 2, fixed: 1 };

    expect(dropped({ maxDrop: 0.1 }, pairs, sure).rowsNeeded).toBe(12_328);
    expect(dropped({ maxDrop: 0.6 }, pairs, sure).rowsNeeded).toBeNull();
  });

  test("no rows are no interval that decides", () => {
    expect(dropped({ maxDrop: 0.1 }, { rows: 0 }, sure).rowsNeeded).toBeNull();
  });
});

describe("the sentence about a drop", () => {
  test("names no rows where none is newly broken", () => {
    const same = { rows: 8, broken: 0, fixed: 1 };

    expect(dropped({ maxDrop: 0 }, same, { confidence: 0.95 })).toMatchObject({
      outcome: "open",
      reasons: [expect.stringContaining("not decided")],
    });
  });

  test("has as many digits as it takes to tell the drop from what is allowed", () => {
    const baseline = { rows: 5_000, broken: 501, fixed: 0 };

    expect(dropped({ maxDrop: 0.1 }, baseline).reasons[0]).toBe(
      "accuracy is 0.1002 below that of fg-1, a drop of more than 0.1",
    );
  });
});

describe("a logged metric", () => {
  const tone = { name: "tone", maxDrop: 0.2 };

  test("drops by what was logged, without the noise of subtraction", () => {
    // 0.9 − 0.7 is 0.20000000000000007 in binary.
    expect(dropped(tone, { logged: { tone: 0.9 } }, { value: 0.7 })).toStrictEqual({
      ...nothing,
      metric: { drop: 0.2, ok: true },
      reasons: ["tone is 0.2 below that of fg-1, a drop of at most 0.2"],
    });
    expect(dropped(tone, { logged: { tone: 0.9 } }, { value: 0.6 }).outcome).toBe("fails");
  });

  test("names no broken rows, which are those of accuracy", () => {
    const baseline = { logged: { tone: 3 }, broken: 1, newlyBroken: [4] };

    expect(dropped(tone, baseline, { value: 1 }).reasons).toHaveLength(1);
  });

  test("without its rows can fail with a confidence, but not hold", () => {
    const sure = { value: 3, confidence: 0.95 };

    expect(dropped(tone, { logged: { tone: 4 } }, sure).outcome).toBe("fails");
    expect(dropped(tone, { logged: { tone: 3 } }, sure)).toMatchObject({
      outcome: "open",
      rowsNeeded: null,
    });
  });

  test("is decided by the drops of its rows", () => {
    const sure = { value: 3, confidence: 0.95 };
    const by = (drop: number, rows: number) => ({
      rows,
      logged: { tone: 3 + drop },
      differences: { tone: spreadOf(...alike(rows, drop)) },
    });

    // All alike, so only rows that were not seen move it, which drop to 0: 1 − 0.025^(1/113) = 0.03212 of 3.1, of 112 rows 0.0324.
    expect(dropped(tone, by(0.1, 113), sure).outcome).toBe("holds");
    expect(dropped(tone, by(0.1, 112), sure).outcome).toBe("open");
    expect(dropped(tone, by(-0.1, 60), sure).outcome).toBe("holds");
    expect(dropped(tone, by(0.5, 60), sure).outcome).toBe("fails");
    expect(dropped(tone, by(0.1, 5), sure)).toMatchObject({
      outcome: "open",
      rowsNeeded: 113,
      reasons: [
        "tone is 0.1 below that of fg-1, not decided: 5 rows do not rule out rare rows far from the others",
      ],
    });
  });

  test("of 0 and 1 is the mean of drops, which might be others, and no share", () => {
    const none = { rows: 8, logged: { tone: 1 }, differences: { tone: spreadOf(...alike(8, 0)) } };

    // Of 0 in 8 Wilson's interval ends at 0.324; a row that was not seen may drop by 1: 1 − 0.025^(1/8) = 0.369.
    const by = (maxDrop: number) =>
      dropped({ name: "tone", maxDrop }, none, { value: 1, confidence: 0.95 }).outcome;
    expect(by(0.36)).toBe("open");
    expect(by(0.37)).toBe("holds");
  });

  test("is not decided by one row, or by rows of which the logged figures are no means", () => {
    const sure = { value: 3, confidence: 0.95 };
    const open = (differences: Comparison["differences"]) =>
      dropped(tone, { logged: { tone: 3.1 }, differences }, sure);

    expect(open({ tone: spreadOf(0.1) }).outcome).toBe("open");
    const far = { logged: { tone: 3.5 }, differences: { tone: spreadOf(0.5) } };
    expect(dropped(tone, far, sure).outcome).toBe("fails");
    expect(open({ tone: spreadOf(...alike(120, 0)) }).outcome).toBe("open");
    // 1 − 0.025^(1/120) = 0.0303 of 3.1.
    expect(open({ tone: spreadOf(...alike(120, 0.092)) }).outcome).toBe("holds");
  });
});
