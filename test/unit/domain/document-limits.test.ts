import { expect, test } from "vitest";
import { withinLimits } from "#domain/document-limits.ts";
import { pipelineEvent } from "#domain/events.ts";
import { splitRunSteps, withRun, withVerdict } from "#domain/progress.ts";
import { aPipeline } from "#kit/pipelines.ts";

const AT = "2026-01-01T00:00:00.000Z";
const datasets = Array.from({ length: 120 }, (_, index) => `data-${index}.jsonl`);

function aLargePipeline() {
  let pipeline = splitRunSteps(
    aPipeline(),
    datasets.map((dataset) => ({ dataset })),
  );
  for (const dataset of datasets) {
    const names = { baseRun: `b-${dataset}`, evaluationRun: null };
    const run = { variant: null, dataset, ...names, status: "Completed", metrics: {} };
    pipeline = withRun(pipeline, run, AT);
  }
  const reasons = datasets.map((dataset) => `${dataset}: accuracy is 1`);
  return withVerdict(pipeline, { outcome: "passed", reasons, metrics: {}, rows: null });
}

test("no list of a document has more than 100 items, and the pipeline's own steps all stay", () => {
  const { runs, steps, verdict } = withinLimits(aLargePipeline());
  const own = steps.filter(({ dataset }) => dataset === undefined).map(({ name }) => name);

  expect([runs.length, steps.length, verdict?.reasons.length]).toEqual([100, 100, 100]);
  expect(runs.at(-1)?.dataset).toBe("data-99.jsonl");
  expect(own).toHaveLength(19);
  expect(own.at(-1)).toBe("publishCompleted");
});

test("a document within the limits is left as it is", () => {
  expect(withinLimits(aPipeline())).toEqual(aPipeline());
});

test("an event has no more of a list than the document", () => {
  const { data } = pipelineEvent(aLargePipeline(), "Flowgate.EvaluationCompleted", 2, AT);

  expect([data.runs.length, data.verdict?.reasons.length]).toEqual([100, 100]);
});
