import { describe, expect, test } from "vitest";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { MeasuredCell } from "#domain/report/report.ts";
import { dataset, evidenceOf, failing, run } from "#kit/good-days.ts";
import { anAccepted, aPolicy } from "#kit/pipelines.ts";

interface Written {
  readonly pipeline: { readonly verdict: { readonly outcome: string } };
  readonly cells: readonly MeasuredCell[];
}

const writtenBy = ({ inputs }: ReturnType<typeof run>) =>
  inputs.filter(({ name }) => name === "writeReport").map(({ input }) => input as Written);

describe("the report", () => {
  test("is written once the rows are published and the verdict is recorded", () => {
    const driven = run();
    const [report, ...others] = writtenBy(driven);

    expect(others).toEqual([]);
    expect(report?.pipeline.verdict.outcome).toBe("passed");
    expect(report?.cells).toEqual([
      {
        index: 0,
        variant: null,
        dataset: dataset.name,
        digest: dataset.digest,
        logged: { finite: { accuracy: 0.9 }, malformed: {} },
        troubles: [],
        baseline: null,
        error: null,
      },
    ]);
    const { called } = driven;
    expect(called.indexOf("publishRows")).toBeLessThan(called.indexOf("writeReport"));
    expect(called.slice(0, called.indexOf("writeReport")).at(-1)).toBe("recordPipeline");
  });

  test("has what the rows were compared with, and what runs said of themselves", () => {
    const stable = { deployment: "fg-1", pipeline: "p", variant: null, dataset: null, logged: {} };
    const troubles = [{ run: "base", claimed: 1, shown: 0, node: null, type: null }] as const;
    const gate = GatePolicy.parse({ metrics: [{ name: "accuracy", min: 0.1, maxDrop: 0.1 }] });
    const driven = run(
      { findBaseline: () => stable, collectRows: evidenceOf({ troubles: [...troubles] }) } as never,
      anAccepted({ policy: aPolicy({ gate }) }),
    );

    expect(writtenBy(driven)[0]?.cells).toMatchObject([{ baseline: stable, troubles }]);
  });

  test("has a cell for a variant that could not run, with its reason", () => {
    const driven = run({
      validate: () => ({ variants: ["${a.one}", "${a.two}"], datasets: [dataset] }),
      collectRows: (input: { variant: string; logged: never }) =>
        input.variant === "${a.two}" ? failing("RUN_FAILED", false)() : evidenceOf()(input),
    } as never);

    expect(writtenBy(driven)[0]?.cells).toMatchObject([
      { index: 0, variant: "${a.one}", error: null },
      { index: 1, variant: "${a.two}", error: { code: "RUN_FAILED", message: "no luck" } },
    ]);
  });

  test("is written without cells where nothing could be measured", () => {
    const driven = run({ validate: failing("DATA_INVALID", false) });

    expect(writtenBy(driven)).toMatchObject([
      {
        pipeline: { verdict: { outcome: "error", reasons: ["no luck", expect.any(String)] } },
        cells: [],
      },
    ]);
  });

  test.each([
    ["at once", failing("RESULTS_MISSING", false), 1],
    ["again and again", failing("AZURE_BUSY", true), 5],
  ])("that fails %s is noted, and changes no verdict", (_, writeReport, tries) => {
    const driven = run({ writeReport });
    const { document, called } = driven;
    const decide = document.steps.find(({ name }) => name === "decide");

    expect(document).toMatchObject({
      status: "succeeded",
      verdict: { outcome: "passed" },
      deployment: { outcome: "deployed" },
      error: null,
    });
    expect(decide).toMatchObject({
      status: "succeeded",
      note: "The report was not written: no luck",
    });
    expect(called.filter((name) => name === "writeReport")).toHaveLength(tries);
  });
});
