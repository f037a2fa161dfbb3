import {
  type Pipeline,
  PipelineStage,
  type PipelineStep,
  type Resource,
  type RunRecord,
  StepName,
  type StepStatus,
} from "./pipeline.ts";
import { mergeLists, resourceKey, runKey, stepKey } from "./progress-keys.ts";

const STEP_RANK: Record<StepStatus, number> = {
  pending: 0,
  running: 1,
  skipped: 2,
  failed: 3,
  succeeded: 4,
};

const RESOURCE_RANK: Record<Resource["state"], number> = {
  intended: 0,
  created: 1,
  kept: 2,
  leaked: 3,
  deleted: 4,
};

/**
 * Several branches write about one pipeline, each with its own view of it, and any of them may
 * write twice. So nothing ever goes back: steps and resources only move on, what is known stays.
 */
export function mergePipelines(stored: Pipeline | null, incoming: Pipeline): Pipeline {
  if (stored === null) return incoming;
  const ended = stored.status !== "running";
  return {
    ...incoming,
    data: incoming.data ?? stored.data,
    status: ended ? stored.status : incoming.status,
    stage: laterStage(stored.stage, incoming.stage),
    verdict: incoming.verdict ?? stored.verdict,
    deployment: incoming.deployment ?? stored.deployment,
    error: incoming.error ?? stored.error,
    runs: mergeLists(stored.runs, incoming.runs, runKey, furtherRun),
    resources: mergeLists(stored.resources, incoming.resources, resourceKey, (before, next) =>
      RESOURCE_RANK[next.state] >= RESOURCE_RANK[before.state] ? next : before,
    ),
    steps: inOrder(
      withoutSplit(
        mergeLists(stored.steps, incoming.steps, stepKey, (before, next) =>
          STEP_RANK[next.status] >= STEP_RANK[before.status] ? next : before,
        ),
      ),
    ),
    updatedAt: stored.updatedAt > incoming.updatedAt ? stored.updatedAt : incoming.updatedAt,
  };
}

function laterStage(one: PipelineStage, other: PipelineStage): PipelineStage {
  const order = PipelineStage.options;
  return order[Math.max(order.indexOf(one), order.indexOf(other))] ?? other;
}

/** A run learns its names, its status, then its metrics; its next repeat begins anew. */
function furtherRun(before: RunRecord, next: RunRecord): RunRecord {
  const [earlier = 1, later = 1] = [before.repeat, next.repeat];
  if (earlier !== later) return later > earlier ? next : before;
  const known = (run: RunRecord) =>
    [run.baseRun, run.evaluationRun].filter((name) => name !== null).length +
    Object.keys(run.metrics).length;
  return known(next) >= known(before) ? next : before;
}

/** Once a step has a row per variant or dataset, the single row of before is gone. */
function withoutSplit(steps: readonly PipelineStep[]): PipelineStep[] {
  const split = new Set(steps.filter((step) => placed(step)).map(({ name }) => name));
  return steps.filter((step) => placed(step) || !split.has(step.name));
}

/** Rows per variant or dataset are added later than the steps that come after them. */
function inOrder(steps: readonly PipelineStep[]): PipelineStep[] {
  const order = StepName.options;
  return steps.toSorted((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
}

function placed(step: PipelineStep): boolean {
  return step.variant !== undefined || step.dataset !== undefined;
}
