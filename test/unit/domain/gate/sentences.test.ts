import { describe, expect, test } from "vitest";
import { couldNotMeasure } from "#domain/gate/judge.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import { SITUATIONS } from "#kit/gate-situations/all.ts";

describe("what a verdict says of", () => {
  test.each(SITUATIONS)("$what", ({ verdict, outcome, reasons }) => {
    expect(verdict()).toMatchObject({ outcome, reasons });
  });
});

const notPassed = SITUATIONS.filter(({ outcome }) => outcome !== "passed");

describe("without further reading, why and what next", () => {
  test.each(notPassed)("$what", ({ verdict }) => {
    const { reasons } = verdict();

    // The figure, or which one is missing.
    expect(reasons[0]).toMatch(
      /\d|\b(not logged|no finite number|cannot be counted|not known|no row)\b/,
    );
    expect(reasons.filter((reason) => reason.startsWith("what next: "))).not.toEqual([]);
  });

  test.each(notPassed.filter(({ reasons }) => / (wrong|failed|missing)\b/.test(reasons[0] ?? "")))(
    "which rows: $what",
    ({ verdict }) => {
      const { reasons, rows } = verdict();
      const isAllRight = rows?.correct === rows?.expected;

      expect(isAllRight || reasons.some((reason) => /not right: rows? \d/.test(reason))).toBe(true);
    },
  );
});

test("a pipeline that broke earlier names each metric that is missing once, but none of its own usage", () => {
  const policy = GatePolicy.parse({
    metrics: [
      { name: "tone", min: 3 },
      { name: "tone", max: 5 },
      { name: "latencyP95Ms", max: 10 },
      { name: "cost", reportOnly: true },
    ],
  });

  expect(couldNotMeasure(policy, "The base run failed.").reasons).toEqual([
    "The base run failed.",
    "tone was not logged by the evaluation run",
  ]);
});
