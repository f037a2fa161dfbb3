import { describe, expect, test } from "vitest";
import { mergePipelines } from "#domain/merge-pipelines.ts";
import {
  beginStep,
  ended,
  endStep,
  splitRunSteps,
  withResource,
  withRun,
} from "#domain/progress.ts";
import { aPipeline } from "#kit/pipelines.ts";

const T1 = "2026-01-01T00:00:01.000Z";
const T2 = "2026-01-01T00:00:02.000Z";

const statusOf = (pipeline: ReturnType<typeof aPipeline>, name: string) =>
  pipeline.steps.filter((step) => step.name === name).map(({ status }) => status);

describe("merging what several branches know", () => {
  test("a step never goes back", () => {
    const begun = beginStep(aPipeline(), "uploadFlow", {}, T1);
    const done = endStep(begun, "uploadFlow", {}, T2, { status: "succeeded" });

    expect(statusOf(mergePipelines(done, begun), "uploadFlow")).toEqual(["succeeded"]);
    expect(statusOf(mergePipelines(begun, done), "uploadFlow")).toEqual(["succeeded"]);
  });

  test("steps of different branches both stay", () => {
    const one = beginStep(aPipeline(), "uploadFlow", {}, T1);
    const other = beginStep(aPipeline(), "createSession", {}, T1);
    const merged = mergePipelines(one, other);

    expect(statusOf(merged, "uploadFlow")).toEqual(["running"]);
    expect(statusOf(merged, "createSession")).toEqual(["running"]);
  });

  test("a resource that is gone stays gone", () => {
    const resource = { kind: "session", name: "s" } as const;
    const created = withResource(aPipeline(), { ...resource, state: "created" }, T1);
    const deleted = withResource(created, { ...resource, state: "deleted" }, T2);

    expect(mergePipelines(deleted, created).resources).toEqual([{ ...resource, state: "deleted" }]);
  });

  test("a pipeline that has ended stays ended", () => {
    const over = ended(aPipeline(), "failed", T2);

    expect(mergePipelines(over, aPipeline())).toMatchObject({ status: "failed", stage: "done" });
  });

  test("a run keeps the furthest that is known of it", () => {
    const run = {
      variant: null,
      baseRun: "b",
      evaluationRun: null,
      status: "Running",
      metrics: {},
    };
    const early = withRun(aPipeline(), run, T1);
    const late = withRun(aPipeline(), { ...run, evaluationRun: "e", metrics: { accuracy: 1 } }, T2);

    expect(mergePipelines(late, early).runs).toEqual([
      { ...run, evaluationRun: "e", metrics: { accuracy: 1 } },
    ]);
  });

  test("a run's next repeat replaces it, though less is known of it yet", () => {
    const first = {
      variant: null,
      repeat: 1,
      baseRun: "b",
      evaluationRun: "e",
      status: "Completed",
      metrics: { accuracy: 1 },
    };
    const second = { ...first, repeat: 2, evaluationRun: null, status: "Running", metrics: {} };
    const early = withRun(aPipeline(), first, T1);
    const late = withRun(aPipeline(), second, T2);

    expect(mergePipelines(early, late).runs).toEqual([second]);
    expect(mergePipelines(late, early).runs).toEqual([second]);
  });

  test("steps stand in the order of the pipeline, whoever wrote first", () => {
    const split = splitRunSteps(aPipeline(), [{ dataset: "a" }, { dataset: "b" }]);
    const names = mergePipelines(aPipeline(), split).steps.map(({ name }) => name);

    expect(names.slice(5, 12)).toEqual([
      "createSession",
      "runFlow",
      "runFlow",
      "runEvaluation",
      "runEvaluation",
      "readMetrics",
      "readMetrics",
    ]);
    expect(names.at(-1)).toBe("publishCompleted");
  });

  test("runs stand in the order of whoever knows them all", () => {
    const run = (variant: string) => ({
      variant,
      baseRun: "b",
      evaluationRun: null,
      status: "Running",
      metrics: {},
    });
    const first = withRun(aPipeline(), run("a"), T1);
    const second = withRun(aPipeline(), run("b"), T1);
    const written = mergePipelines(second, first);
    const all = withRun(first, run("b"), T1);

    expect(written.runs.map(({ variant }) => variant)).toEqual(["b", "a"]);
    expect(mergePipelines(written, all).runs.map(({ variant }) => variant)).toEqual(["a", "b"]);
  });

  test("the single row of a step goes once it runs per dataset", () => {
    const split = splitRunSteps(aPipeline(), [{ dataset: "a" }, { dataset: "b" }]);

    expect(statusOf(mergePipelines(aPipeline(), split), "runFlow")).toEqual(["pending", "pending"]);
  });
});

test("at the end no step is pending, and a skipped one has the moment of that decision twice", () => {
  const over = ended(beginStep(aPipeline(), "validate", {}, T1), "succeeded", T2);

  expect(over.steps.filter(({ status }) => status === "pending")).toEqual([]);
  expect(over.steps.find(({ name }) => name === "registerModel")).toMatchObject({
    status: "skipped",
    startedAt: T2,
    endedAt: T2,
  });
});

test("the steps of a pipeline are those of its environment", () => {
  const session = aPipeline().steps.map(({ name }) => name);

  expect(session).toContain("createSession");
  expect(session).not.toContain("createCompute");
});
