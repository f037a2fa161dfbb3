import { describe, expect, test } from "vitest";
import { GatePolicy } from "#domain/gate/policy.ts";
import { RepeatMeter } from "#domain/gate/repeat-meter.ts";
import { outcomeAfter, regrade, withRepeat } from "#domain/gate/row-outcome.ts";
import type { Row } from "#domain/pipeline.ts";
import { rowsOf } from "#kit/gate-rows.ts";

const three = GatePolicy.parse({ repeats: 3, maxErrorRate: 0.5 });

/** One row after these repeats, one letter each. */
function repeated(outcomes: string, policy = three): Row {
  const [first, ...others] = rowsOf(outcomes);
  if (first === undefined) throw new RangeError("no repeat");
  return others.reduce(
    (before, now) => withRepeat(before, { ...now, line: 0 }, policy),
    withRepeat(undefined, first, policy),
  );
}

describe("a row that is repeated", () => {
  test.each([
    ["ccc", "correct"],
    ["cic", "correct"],
    ["rcc", "correct"],
    ["cii", "incorrect"],
    ["rci", "incorrect"],
    ["rrc", "runError"],
    ["emm", "evalError"],
    ["c", "correct"],
    ["ci", "incorrect"],
  ])("that came out %s is %s", (outcomes, outcome) => {
    expect(outcomeAfter(rowsOf(outcomes), three)).toBe(outcome);
    expect(repeated(outcomes).outcome).toBe(outcome);
  });

  test("shows the first repeat that came out as it does, and keeps each", () => {
    const row = repeated("cii");

    expect(row).toMatchObject({ line: 0, outcome: "incorrect", grade: "Incorrect" });
    expect(row.repeats?.map(({ outcome }) => outcome)).toEqual([
      "correct",
      "incorrect",
      "incorrect",
    ]);
  });

  test("is seen by a policy with fewer repeats as its first ones", () => {
    const once = GatePolicy.parse({});

    expect(regrade(repeated("icc"), once)).toMatchObject({ outcome: "incorrect" });
    expect(regrade(repeated("icc"), once).repeats).toHaveLength(1);
    expect(regrade(repeated("icc"), three)).toMatchObject({ outcome: "correct" });
  });
});

/** Whether the run of these rows, one text each, may stop. */
function isSettled(gate: object, rows: readonly string[], tone = 3): boolean {
  const policy = GatePolicy.parse({ repeats: 3, ...gate });
  const meter = new RepeatMeter(policy, null);
  for (const [line, outcomes] of rows.entries()) {
    meter.add({ ...repeated(outcomes, policy), line });
  }
  return meter.read({ finite: { accuracy: 1, tone }, malformed: {} }).isSettled;
}

describe("repeats stop when no further one can change the verdict", () => {
  test.each([
    [{}, ["ccc", "iii"], true, "all were made"],
    [{}, ["cc", "cc", "ii"], true, "two of three decide every row"],
    [{}, ["cc", "cc", "ci"], true, "the open row is not needed"],
    [{ metrics: [{ name: "accuracy", min: 0.7 }] }, ["cc", "cc", "ci"], false, "it is needed"],
    [{ minPass: 3 }, ["ci", "ci", "cc"], true, "too many are lost"],
    [{}, ["cc", "cc", "ir"], true, "one that may yet fail is few"],
    [{ maxErrorRate: 0.3 }, ["cc", "cc", "rr"], false, "a row that failed may yet be only wrong"],
    [{ metrics: [{ name: "accuracy", min: 0.6, max: 0.9 }] }, ["cc", "ci"], false, "max"],
    [{ metrics: [{ name: "tone", min: 1 }] }, ["cc"], false, "a metric may become anything"],
    [
      {
        metrics: [
          { name: "accuracy", min: 0.6 },
          { name: "tone", min: 1 },
        ],
      },
      ["ii", "ii"],
      true,
      "the rows fail it whatever the metric becomes",
    ],
    [{ golden: "data.golden" }, ["cc"], true, "an error is one, whatever comes"],
  ] as const)("%j after %j: %s, for %s", (gate, rows, settled, _why) => {
    expect(isSettled({ maxErrorRate: 0.5, ...gate }, rows)).toBe(settled);
  });

  test("a policy without repeats is settled at once", () => {
    const meter = new RepeatMeter(GatePolicy.parse({}), null);
    for (const row of rowsOf("ci")) meter.add(row);

    expect(meter.read({ finite: {}, malformed: {} })).toMatchObject({
      isSettled: true,
      evidence: { tally: { expected: 2 }, repeats: 1, flaky: [] },
    });
  });

  test("rows that did not come out alike are listed, failures being as good as wrong", () => {
    const meter = new RepeatMeter(three, null);
    for (const [line, outcomes] of ["ccc", "cic", "iri", "crr"].entries()) {
      meter.add({ ...repeated(outcomes), line });
    }

    expect(meter.read({ finite: {}, malformed: {} }).evidence).toMatchObject({
      flaky: [1, 3],
      flakyRows: 2,
      repeats: 3,
    });
  });
});

test("rows that are run once are settled by it, whatever the evaluation flow logged", () => {
  const meter = new RepeatMeter(GatePolicy.parse({ metrics: [{ name: "tone", min: 1 }] }), null);
  for (const row of rowsOf("ci")) meter.add(row);

  expect(meter.read({ finite: { tone: 2 }, malformed: {} }).isSettled).toBe(true);
});
