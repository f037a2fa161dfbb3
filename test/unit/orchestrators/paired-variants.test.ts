import { describe, expect, test } from "vitest";
import type { LoggedMetrics } from "#domain/gate/evidence.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Script } from "#kit/drive.ts";
import { dataset, evidenceOf, failing, run } from "#kit/good-days.ts";
import { anAccepted, aPolicy } from "#kit/pipelines.ts";

const VARIANTS = ["${ask.a}", "${ask.b}"];
const SURE = GatePolicy.parse({ metrics: [{ name: "accuracy", min: 0.1 }], confidence: 0.95 });
const OVERLAP =
  "${ask.b} and ${ask.a} are not distinguishable by accuracy: the intervals overlap; ${ask.b} comes first by its figure, or by its place on a tie";

/** Variant b has all ten rows right, and a nine of them. */
function twoVariants(differences: Record<string, unknown> = {}, gate = SURE, variants = VARIANTS) {
  return run(
    {
      validate: () => ({ variants, datasets: [dataset] }),
      collectRows: ({ variant, logged }: { variant: string; logged: LoggedMetrics }) =>
        evidenceOf(variant === "${ask.b}" ? { correct: 10, incorrect: 0 } : {})({ logged }),
      ...differences,
    } as Script,
    anAccepted({ policy: aPolicy({ gate }) }),
  );
}

const decideOf = ({ document }: ReturnType<typeof run>) =>
  document.steps.find(({ name }) => name === "decide");

describe("the two best variants", () => {
  test("are compared row by row before the verdict, which says so", () => {
    const driven = twoVariants();
    const asked = driven.inputs.filter(({ name }) => name === "compareVariants");

    expect(asked.map(({ input }) => input)).toEqual([
      { id: "shop-0123456789ab", policy: SURE, runs: [{ leader: 1, second: 0 }] },
    ]);
    expect(driven.document.verdict).toMatchObject({ outcome: "passed", winner: "${ask.b}" });
    expect(driven.document.verdict?.reasons.at(-1)).toBe(
      "${ask.b} is ahead of ${ask.a} by accuracy: 6 of 10 rows are right only with ${ask.b}, 0 only with ${ask.a} (exact McNemar test: p = 0.031)",
    );
    expect(decideOf(driven)).not.toHaveProperty("note");
    const { called } = driven;
    expect(called.indexOf("publishRows")).toBeLessThan(called.indexOf("compareVariants"));
    expect(called.indexOf("compareVariants")).toBeLessThan(called.indexOf("writeReport"));
  });

  test.each([
    ["at once", failing("RESULTS_MISSING", false), 1],
    ["again and again", failing("AZURE_BUSY", true), 5],
  ])("whose rows cannot be read (%s) are told apart by their intervals", (_, fails, tries) => {
    const driven = twoVariants({ compareVariants: fails });

    expect(driven.document).toMatchObject({
      status: "succeeded",
      verdict: { outcome: "passed", winner: "${ask.b}" },
      deployment: { outcome: "deployed" },
      error: null,
    });
    expect(driven.document.verdict?.reasons.at(-1)).toBe(OVERLAP);
    expect(decideOf(driven)).toMatchObject({
      status: "succeeded",
      note: "The rows of the two best variants were not compared: no luck",
    });
    expect(driven.called.filter((name) => name === "compareVariants")).toHaveLength(tries);
  });

  test("of a step with two troubles, both are noted", () => {
    const fails = failing("RESULTS_MISSING", false);

    expect(decideOf(twoVariants({ compareVariants: fails, writeReport: fails }))?.note).toBe(
      "The rows of the two best variants were not compared: no luck The report was not written: no luck",
    );
  });

  test("are not looked at where a run counts more failed lines than it shows", () => {
    const trouble = { run: "base", claimed: 1, shown: 0, node: null, type: null };
    const driven = twoVariants({
      collectRows: ({ logged }: { logged: LoggedMetrics }) =>
        evidenceOf({ troubles: [trouble] as never })({ logged }),
    });

    expect(driven.called).not.toContain("compareVariants");
    expect(driven.document.verdict?.reasons.at(-1)).toMatch(/the intervals overlap/);
  });

  test.each([
    ["no confidence", GatePolicy.parse({ metrics: SURE.metrics }), VARIANTS],
    ["one variant", SURE, ["${ask.b}"]],
    ["no variants", SURE, [null] as never],
  ])("are not looked at with %s", (_, gate, variants) => {
    const driven = twoVariants({}, gate, variants);

    expect(driven.document.verdict?.outcome).toBe("passed");
    expect(driven.called).not.toContain("compareVariants");
  });
});
