import { describe, expect, test } from "vitest";
import { figureOf } from "#domain/gate/figure.ts";
import { judgeMetric } from "#domain/gate/judge-metric.ts";
import { GatePolicy, type MetricRule } from "#domain/gate/policy.ts";
import { isRounded } from "#domain/gate/rounding.ts";
import { loggedInstead } from "#domain/gate/sentences/metrics.ts";
import { NO_VALUES, withValue } from "#domain/gate/statistics/spread.ts";
import { anEvidence, aTally } from "#kit/pipelines.ts";

const spreadOf = (...values: number[]) => values.reduce(withValue, NO_VALUES);

function ruled(rule: Partial<MetricRule>, evidence: Parameters<typeof anEvidence>[0], sure = 0) {
  const policy = GatePolicy.parse({ metrics: [{ name: "tone", ...rule }], confidence: sure });
  const [only] = policy.metrics;
  if (only === undefined) throw new RangeError("no rule");
  return judgeMetric(only, policy, anEvidence(evidence));
}

const toned = (tone: number, ...values: number[]) => ({
  logged: { finite: { tone }, malformed: {} },
  spreads: values.length === 0 ? {} : { tone: spreadOf(...values) },
});

describe("the line of a metric in the verdict", () => {
  // ±12.706 × √(2 / 2) for 3 and 5 at 0.95; ±6.314 at 0.9 (Student's tables).
  test.each([
    [0, 12.706],
    [0.95, 12.706],
    [0.9, 6.314],
  ])("has the interval at confidence %d, that of 0.95 where the point decides", (sure, half) => {
    const { metric } = ruled({ min: 1 }, toned(4, 3, 5), sure);

    expect(metric.low).toBeCloseTo(4 - half, 3);
    expect(metric.high).toBeCloseTo(4 + half, 3);
  });

  test("has what the rule says, and no more", () => {
    expect(ruled({ min: 3 }, toned(4)).metric).toStrictEqual({
      value: 4,
      reported: 4,
      min: 3,
      ok: true,
    });
    expect(ruled({ max: 5, maxDrop: 1, reportOnly: true }, toned(4)).metric).toStrictEqual({
      value: 4,
      reported: 4,
      max: 5,
      maxDrop: 1,
      reportOnly: true,
      ok: true,
    });
  });

  test("of usage is not reported by the evaluation", () => {
    const rule = { name: "latencyP95Ms", max: 10 };

    expect(ruled(rule, { usage: { latencyP95Ms: 7 } }).metric).toStrictEqual({
      value: 7,
      max: 10,
      ok: true,
    });
    expect(ruled(rule, {}).metric).toStrictEqual({ value: null, max: 10, ok: false });
  });

  test.each([
    ["holds", 4, { min: 3 }, 0, true],
    ["fails", 2, { min: 3 }, 0, false],
    ["is open", 4, { min: 3 }, 0.95, false],
    ["is only reported", 2, { min: 3, reportOnly: true }, 0.95, true],
  ] as const)("that %s: ok", (_, tone, rule, sure, ok) => {
    expect(ruled(rule, toned(tone), sure).metric.ok).toBe(ok);
  });
});

describe("a metric without a figure", () => {
  test("is no failure but an error, and says what to do", () => {
    expect(ruled({ min: 3 }, {})).toStrictEqual({
      outcome: "unjudged",
      metric: { value: null, reported: null, min: 3, ok: false },
      reasons: [],
      missing: ["tone was not logged by the evaluation run"],
      notes: [],
      next: ["what next: let the evaluation flow log a finite number as tone, with log_metric"],
      rowsNeeded: null,
    });
  });

  test("that is only reported is a note", () => {
    expect(ruled({ min: 3, reportOnly: true }, {})).toStrictEqual({
      outcome: "unjudged",
      metric: { value: null, reported: null, min: 3, reportOnly: true, ok: true },
      reasons: [],
      missing: [],
      notes: [
        "tone was not logged by the evaluation run (only reported, so nothing depends on it)",
      ],
      next: [],
      rowsNeeded: null,
    });
  });

  test.each(["constructor", "toString"])(
    "called %s is not found among what every object has",
    (name) => {
      expect(figureOf(name, anEvidence({}))).toMatchObject({ value: null, reported: null });
      expect(
        ruled({ name, min: 1 }, { logged: { finite: { [name]: 2 }, malformed: {} } }, 0.9),
      ).toMatchObject({ outcome: "open", metric: { value: 2 }, notes: [] });
    },
  );

  test("that was logged twice, once as no number, shows what was", () => {
    const logged = { finite: { tone: 2 }, malformed: { tone: '"x"' } };

    expect(figureOf("tone", anEvidence({ logged }))).toMatchObject({ value: null, reported: 2 });
  });
});

describe("accuracy", () => {
  const logged = { finite: { accuracy: 0.5 }, malformed: {} };
  const accuracyOf = (tally: object) =>
    figureOf("accuracy", anEvidence({ tally: aTally(tally), logged }));
  const none = { expected: 0, correct: 0, incorrect: 0, graded: 0 };

  test("of no rows is not known", () => {
    expect(accuracyOf(none).value).toBeNull();
  });

  test("of rows that all failed is 0, though none was graded", () => {
    expect(accuracyOf({ ...none, expected: 4, runError: 4 })).toEqual({ value: 0, reported: 0.5 });
  });

  test("of rows that answered without the output that decides is not known", () => {
    expect(accuracyOf({ ...none, expected: 4, incorrect: 1, runError: 3 }).value).toBeNull();
    expect(accuracyOf({ ...none, expected: 4, correct: 1, incorrect: 3, graded: 1 }).value).toBe(
      0.25,
    );
  });
});

describe("with a confidence", () => {
  const alike = (times: number, value: number) => Array.from({ length: times }, () => value);

  test("the rows of a metric decide", () => {
    expect(ruled({ min: 3 }, toned(4, ...alike(60, 4)), 0.95).outcome).toBe("holds");
    expect(ruled({ min: 5 }, toned(4, ...alike(60, 4)), 0.95)).toMatchObject({
      outcome: "fails",
      reasons: ["tone is 4, below 5"],
      next: ["what next: bring tone to at least 5"],
      rowsNeeded: null,
    });
  });

  test("a metric without rows can fail, but not hold", () => {
    expect(ruled({ min: 5 }, toned(4), 0.95).outcome).toBe("fails");
    expect(ruled({ min: 3 }, toned(4), 0.95)).toMatchObject({ outcome: "open", rowsNeeded: null });
    expect(ruled({ min: 5 }, toned(4, 4), 0.95).outcome).toBe("fails");
  });

  test("rows that the logged figure is not the mean of decide nothing", () => {
    expect(ruled({ min: 3 }, toned(3.2, ...alike(60, 4)), 0.95)).toMatchObject({
      outcome: "open",
      notes: [
        "warning: the evaluation run logged tone 3.2, the mean of its rows' tone is 4: no interval is known for it",
      ],
    });
    expect(ruled({ min: 3 }, toned(4.004, ...alike(60, 4)), 0.95)).toMatchObject({
      outcome: "holds",
      notes: [],
    });
  });

  test("a metric that is only compared with the baseline is not judged by its own figure", () => {
    expect(ruled({ maxDrop: 1 }, toned(4), 0.95)).toMatchObject({ outcome: "holds", reasons: [] });
  });

  test("usage is judged as it was measured", () => {
    const rule = { name: "tokensTotal", max: 10 };

    expect(ruled(rule, { usage: { tokensTotal: 10 } }, 0.95).outcome).toBe("holds");
    expect(ruled(rule, { usage: { tokensTotal: 11 } }, 0.95).outcome).toBe("fails");
  });

  test("rows that would decide are only told where the rule is open", () => {
    expect(ruled({ min: 4 }, toned(4, 3, 5, 4, 4), 0.95).rowsNeeded).toBeNull();
    expect(ruled({ min: 2 }, toned(4, ...alike(60, 4)), 0.95).rowsNeeded).toBeNull();
    // The widening alone: 4 × (1 − 0.025^(1/n)) is at most 1 from n = 13 on (1 − 0.025^(1/13) = 0.2471, of 12: 0.2646). Half of the ten rows have a value.
    expect(ruled({ min: 3 }, toned(4, ...alike(5, 4)), 0.95).rowsNeeded).toBe(26);
  });
});

test.each([
  [0.6, 0.605, 1, true],
  [0.6, 0.6051, 1, false],
  [0.605, 0.6, 1, true],
  [0.1, 0.11, 2, true],
  [0.1, 0.1101, 2, false],
])("%d and %d, rounded %d times, may be the same: %s", (one, other, times, same) => {
  expect(isRounded(one, other, times)).toBe(same);
});

describe("values that are all 1, of which Wilson's interval clears the bound", () => {
  const ones = (...values: number[]) => toned(1, ...values);

  test("are a share where the bound is of one: it may be chance", () => {
    // 1 of 1 four times is 0.51 at least; of a flow at 0.5 so many come by chance with 0.0625.
    expect(ruled({ min: 0.5 }, ones(1, 1, 1, 1), 0.95).reasons).toEqual([
      "tone is 1, not decided: over 4 rows, a flow exactly at the bound comes out so too often by chance",
    ]);
  });

  test("are grades where it is not: rows may lie far from them", () => {
    expect(ruled({ max: 1.5 }, ones(1, 1, 1, 1), 0.95).reasons).toEqual([
      "tone is 1, not decided: 4 rows do not rule out rare rows far from the others",
    ]);
  });
});

test("of what was logged under other names, ten are named", () => {
  const names = Array.from({ length: 11 }, (_, at) => `m${at}`);

  expect(loggedInstead(names)).toContain(
    "logged m0, m1, m2, m3, m4, m5, m6, m7, m8, m9; name that",
  );
});
