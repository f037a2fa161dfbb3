import { describe, expect, test } from "vitest";
import { isUsageMetric, mostOf, UsageMeter } from "#domain/gate/usage.ts";
import type { Attempt } from "#domain/pipeline.ts";

function metered(attempts: readonly Attempt[]): UsageMeter {
  const meter = new UsageMeter();
  for (const attempt of attempts) meter.add(attempt);
  return meter;
}

const answered = (latencyMs: number | null, tokens: number | null = null): Attempt => ({
  outcome: "correct",
  latencyMs,
  tokens,
});

describe("a hundred rows of 1 to 100 ms and 2 to 200 tokens, in any order", () => {
  const rows = Array.from({ length: 100 }, (_, n) => answered(n + 1, 2 * (n + 1)));

  test.each([
    ["latencyMeanMs", 50.5],
    ["latencyP50Ms", 50],
    ["latencyP90Ms", 90],
    ["latencyP95Ms", 95],
    ["latencyP99Ms", 99],
    ["latencyMaxMs", 100],
    ["tokensTotal", 10_100],
    ["tokensMean", 101],
    ["tokensP95", 190],
    ["tokensMax", 200],
  ])("%s is %d", (name, value) => {
    expect(isUsageMetric(name)).toBe(true);
    expect(metered(rows).read(name)).toBe(value);
    expect(metered(rows.toReversed()).read(name)).toBe(value);
  });
});

test("other names are no usage", () => {
  expect(isUsageMetric("latency")).toBe(false);
  expect(metered([answered(1, 1)]).read("latency")).toBeUndefined();
});

test("percentiles are by nearest rank, equal values counting each", () => {
  const meter = metered([1, 1, 1, 7].map((ms) => answered(ms)));

  expect(["latencyP50Ms", "latencyP90Ms"].map((name) => meter.read(name))).toEqual([1, 7]);
  expect(metered([3, 4, 5].map((ms) => answered(ms))).read("latencyP50Ms")).toBe(4);
});

test("parts of a millisecond count as a whole one", () => {
  expect(metered([answered(0.2), answered(1)]).read("latencyMeanMs")).toBe(1);
});

describe("is known", () => {
  test("only where each row that answered has it", () => {
    expect(metered([answered(1, 5), answered(null, 6)]).read("latencyMaxMs")).toBeUndefined();
    expect(metered([answered(1, 5), answered(null, 6)]).read("tokensMax")).toBe(6);
    expect(metered([answered(Number.NaN, 5)]).read("latencyMaxMs")).toBeUndefined();
    const wrong = { outcome: "incorrect", latencyMs: null } as const;
    expect(metered([answered(1), wrong]).read("latencyMaxMs")).toBeUndefined();
  });

  test.each(["runError", "evalError", "missing"] as const)(
    "where a row that ended as %s does not have it, and with it where it does",
    (outcome) => {
      expect(metered([answered(1), { outcome }]).read("latencyMaxMs")).toBe(1);
      expect(metered([answered(1), { outcome, latencyMs: 9 }]).read("latencyMaxMs")).toBe(9);
    },
  );

  test("of no rows not at all", () => {
    expect(metered([]).read("tokensTotal")).toBeUndefined();
    expect(metered([{ outcome: "runError" }]).read("tokensTotal")).toBeUndefined();
  });
});

test("of several reports of one line the most counts", () => {
  expect(mostOf([])).toEqual({ latencyMs: null, tokens: null });
  expect(
    mostOf([
      { latencyMs: 5, tokens: null },
      { latencyMs: 9, tokens: 3 },
      { latencyMs: null, tokens: 2 },
    ]),
  ).toEqual({ latencyMs: 9, tokens: 3 });
});
