import type {
  Pipeline,
  PipelineStage,
  PipelineStep,
  Resource,
  RunRecord,
  StepName,
} from "./pipeline.ts";
import { mergeLists, type Place, resourceKey, runKey, stepKey } from "./progress-keys.ts";
import type { AcceptedPipeline } from "./request.ts";

const ENVIRONMENT_STEPS: Record<"session" | "compute-instance", readonly StepName[]> = {
  session: ["createSession"],
  "compute-instance": ["ensureIdentity", "assignRole", "createCompute", "createRuntime"],
};

const REMOVAL_STEPS: Record<"session" | "compute-instance", readonly StepName[]> = {
  session: ["deleteSession"],
  "compute-instance": ["deleteRuntime", "deleteCompute"],
};

/** Steps that every variant and dataset goes through on its own. */
const RUN_STEPS = ["runFlow", "runEvaluation", "readMetrics", "collectRows"] as const;

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

export function noteStep(
  pipeline: Pipeline,
  name: StepName,
  place: Place,
  at: string,
  note: string,
): Pipeline {
  return changeStep(pipeline, name, place, at, (step) => ({ ...step, note }));
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
function skipPending(pipeline: Pipeline, at: string, names?: readonly StepName[]): Pipeline {
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
