import {
  type Pipeline,
  PipelineStage,
  type PipelineStep,
  type Resource,
  type RunRecord,
  type StepName,
  type StepStatus,
} from "./pipeline.ts";
import type { AcceptedPipeline } from "./request.ts";

/** Which of several runs of a step is meant; empty where it runs once. */
export interface Place {
  readonly variant?: string | undefined;
  readonly dataset?: string | undefined;
}

const ENVIRONMENT_STEPS: Record<"session" | "compute-instance", readonly StepName[]> = {
  session: ["createSession"],
  "compute-instance": ["ensureIdentity", "assignRole", "createCompute", "createRuntime"],
};

const REMOVAL_STEPS: Record<"session" | "compute-instance", readonly StepName[]> = {
  session: ["deleteSession"],
  "compute-instance": ["deleteRuntime", "deleteCompute"],
};

/** Steps that every variant and dataset goes through on its own. */
export const RUN_STEPS = ["runFlow", "runEvaluation", "readMetrics", "collectRows"] as const;

/** A pipeline that was accepted and has done nothing yet: every step it may take is pending. */
export function newPipeline(accepted: AcceptedPipeline): Pipeline {
  const { kind } = accepted.policy.environment;
  const names: readonly StepName[] = [
    "publishStarted",
    "validate",
    "uploadFlow",
    "uploadEvaluation",
    "uploadData",
    ...ENVIRONMENT_STEPS[kind],
    ...RUN_STEPS,
    "decide",
    "publishEvaluation",
    ...REMOVAL_STEPS[kind],
    "acquireEndpoint",
    "registerModel",
    "ensureEndpoint",
    "assignEndpointRole",
    "createDeployment",
    "smokeTest",
    "shiftTraffic",
    "retireDeployments",
    "publishDeployment",
    "publishCompleted",
  ];
  const { id, app, bundle, trigger, commit, createdAt } = accepted;
  return {
    id,
    app,
    bundle,
    data: null,
    trigger,
    commit,
    status: "running",
    stage: "validating",
    verdict: null,
    runs: [],
    deployment: null,
    resources: [],
    steps: names.map((name) => pendingStep(name, {})),
    error: null,
    createdAt,
    updatedAt: createdAt,
  };
}

function pendingStep(name: StepName, place: Place): PipelineStep {
  const { variant, dataset } = place;
  return {
    name,
    ...(variant === undefined ? {} : { variant }),
    ...(dataset === undefined ? {} : { dataset }),
    status: "pending",
    startedAt: null,
    endedAt: null,
    attempts: 0,
  };
}

/** Puts one row of run steps per place where the single one stood. */
export function splitRunSteps(pipeline: Pipeline, places: readonly Place[]): Pipeline {
  const steps = pipeline.steps.flatMap((step) =>
    isRunStep(step.name) ? places.map((place) => pendingStep(step.name, place)) : [step],
  );
  return { ...pipeline, steps };
}

function isRunStep(name: StepName): boolean {
  return RUN_STEPS.some((step) => step === name);
}

/** `at` is ISO 8601, here and below. */
export function beginStep(pipeline: Pipeline, name: StepName, place: Place, at: string): Pipeline {
  return changeStep(pipeline, name, place, at, (step) => ({
    ...step,
    status: "running",
    startedAt: step.startedAt ?? at,
    attempts: step.attempts + 1,
  }));
}

export function retryStep(pipeline: Pipeline, name: StepName, place: Place, at: string): Pipeline {
  return changeStep(pipeline, name, place, at, (step) => ({
    ...step,
    attempts: step.attempts + 1,
  }));
}

export function endStep(
  pipeline: Pipeline,
  name: StepName,
  place: Place,
  at: string,
  end: { status: "succeeded" | "failed"; note?: string },
): Pipeline {
  return changeStep(pipeline, name, place, at, (step) => ({ ...step, ...end, endedAt: at }));
}

/** What was never begun is skipped, at the moment of that decision. */
export function skipPending(pipeline: Pipeline, at: string, names?: readonly StepName[]): Pipeline {
  const steps = pipeline.steps.map((step) =>
    step.status === "pending" && (names === undefined || names.includes(step.name))
      ? { ...step, status: "skipped" as const, startedAt: at, endedAt: at }
      : step,
  );
  return { ...pipeline, steps, updatedAt: at };
}

function changeStep(
  pipeline: Pipeline,
  name: StepName,
  place: Place,
  at: string,
  change: (step: PipelineStep) => PipelineStep,
): Pipeline {
  const key = stepKey({ name, ...place });
  const known = pipeline.steps.some((step) => stepKey(step) === key);
  const steps = known ? pipeline.steps : [...pipeline.steps, pendingStep(name, place)];
  return {
    ...pipeline,
    steps: steps.map((step) => (stepKey(step) === key ? change(step) : step)),
    updatedAt: at,
  };
}

export function withResource(pipeline: Pipeline, resource: Resource, at: string): Pipeline {
  return {
    ...pipeline,
    resources: mergeLists(pipeline.resources, [resource], resourceKey, (_, next) => next),
    updatedAt: at,
  };
}

export function withRun(pipeline: Pipeline, run: RunRecord, at: string): Pipeline {
  return {
    ...pipeline,
    runs: mergeLists(pipeline.runs, [run], runKey, (_, next) => next),
    updatedAt: at,
  };
}

export function withStage(pipeline: Pipeline, stage: PipelineStage): Pipeline {
  return { ...pipeline, stage };
}

export function withData(pipeline: Pipeline, data: Pipeline["data"]): Pipeline {
  return { ...pipeline, data };
}

export function withVerdict(pipeline: Pipeline, verdict: Pipeline["verdict"]): Pipeline {
  return { ...pipeline, verdict };
}

export function withDeployment(pipeline: Pipeline, deployment: Pipeline["deployment"]): Pipeline {
  return { ...pipeline, deployment };
}

/** The first error is the one that is told. */
export function withError(pipeline: Pipeline, error: Pipeline["error"]): Pipeline {
  return { ...pipeline, error: pipeline.error ?? error };
}

/** The last thing that is written of a pipeline. */
export function ended(pipeline: Pipeline, status: Pipeline["status"], at: string): Pipeline {
  return { ...skipPending(pipeline, at), status, stage: "done" };
}

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
    steps: withoutSplit(
      mergeLists(stored.steps, incoming.steps, stepKey, (before, next) =>
        STEP_RANK[next.status] >= STEP_RANK[before.status] ? next : before,
      ),
    ),
    updatedAt: stored.updatedAt > incoming.updatedAt ? stored.updatedAt : incoming.updatedAt,
  };
}

function laterStage(one: PipelineStage, other: PipelineStage): PipelineStage {
  const order = PipelineStage.options;
  return order.indexOf(one) > order.indexOf(other) ? one : other;
}

/** A run learns its names, its status, then its metrics. */
function furtherRun(before: RunRecord, next: RunRecord): RunRecord {
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

function placed(step: PipelineStep): boolean {
  return step.variant !== undefined || step.dataset !== undefined;
}

function mergeLists<Item>(
  before: readonly Item[],
  next: readonly Item[],
  keyOf: (item: Item) => string,
  choose: (before: Item, next: Item) => Item,
): Item[] {
  const merged = new Map(before.map((item) => [keyOf(item), item]));
  for (const item of next) {
    const key = keyOf(item);
    const known = merged.get(key);
    merged.set(key, known === undefined ? item : choose(known, item));
  }
  return [...merged.values()];
}

function stepKey({ name, variant, dataset }: Place & { name: StepName }): string {
  return JSON.stringify([name, variant ?? null, dataset ?? null]);
}

function runKey({ variant, dataset }: RunRecord): string {
  return JSON.stringify([variant, dataset ?? null]);
}

function resourceKey({ kind, name }: Resource): string {
  return `${kind} ${name}`;
}
