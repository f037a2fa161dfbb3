import type { Pipeline, PipelineStep, Verdict } from "./pipeline.ts";

/** Of each list in a pipeline document; the report and the rows have the rest. */
export const MAX_ITEMS = 100;

/** The document with lists that everybody can read at once. Of many runs' steps the first stay, of the pipeline itself all. */
export function withinLimits(pipeline: Pipeline): Pipeline {
  const { runs, resources, steps, verdict } = pipeline;
  return {
    ...pipeline,
    runs: runs.slice(0, MAX_ITEMS),
    resources: resources.slice(0, MAX_ITEMS),
    steps: fewSteps(steps),
    verdict: verdict && limitedVerdict(verdict),
  };
}

export function limitedVerdict(verdict: Verdict): Verdict {
  return { ...verdict, reasons: verdict.reasons.slice(0, MAX_ITEMS) };
}

function fewSteps(steps: readonly PipelineStep[]): PipelineStep[] {
  let left = MAX_ITEMS - steps.filter((step) => !ofRun(step)).length;
  return steps.filter((step) => {
    if (!ofRun(step)) return true;
    left -= 1;
    return left >= 0;
  });
}

/** Whether it is one of several: each variant and dataset has its own. */
function ofRun({ variant, dataset }: PipelineStep): boolean {
  return variant !== undefined || dataset !== undefined;
}
