import { z } from "zod";
import { ErrorBody } from "./errors.ts";
import { AppName } from "./manifest/manifest.ts";

export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "sha256:… with 64 hex digits");

export const Commit = z.object({
  repository: z.string().min(1),
  sha: z.string().min(1),
  ref: z.string().min(1),
  actor: z.string().optional(),
  runUrl: z.string().optional(),
});
export type Commit = z.infer<typeof Commit>;

export const StepName = z.enum([
  "publishStarted",
  "validate",
  "uploadFlow",
  "uploadEvaluation",
  "uploadData",
  "ensureIdentity",
  "assignRole",
  "createCompute",
  "createRuntime",
  "createSession",
  "runFlow",
  "runEvaluation",
  "readMetrics",
  "collectRows",
  "decide",
  "publishEvaluation",
  "deleteRuntime",
  "deleteSession",
  "deleteCompute",
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
]);
export type StepName = z.infer<typeof StepName>;

export const StepStatus = z.enum(["pending", "running", "succeeded", "failed", "skipped"]);
export type StepStatus = z.infer<typeof StepStatus>;

const Timestamp = z.string();

/** `variant` and `dataset` are there only where a step runs once for each of several. */
export const PipelineStep = z.object({
  name: StepName,
  variant: z.string().optional(),
  dataset: z.string().optional(),
  status: StepStatus,
  startedAt: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
  attempts: z.number().int(),
  note: z.string().optional(),
});
export type PipelineStep = z.infer<typeof PipelineStep>;

export const ResourceKind = z.enum([
  "identity",
  "roleAssignment",
  "computeInstance",
  "runtime",
  "session",
]);
export type ResourceKind = z.infer<typeof ResourceKind>;

export const ResourceState = z.enum(["intended", "created", "deleted", "kept", "leaked"]);
export type ResourceState = z.infer<typeof ResourceState>;

export const Resource = z.object({
  kind: ResourceKind,
  name: z.string(),
  state: ResourceState,
});
export type Resource = z.infer<typeof Resource>;

export const MetricVerdict = z.object({
  value: z.number().nullable(),
  reported: z.number().nullable().optional(),
  low: z.number().nullable().optional(),
  high: z.number().nullable().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  maxDrop: z.number().optional(),
  /** What the deployment that serves has more of it, on the same rows. */
  drop: z.number().optional(),
  reportOnly: z.boolean().optional(),
  ok: z.boolean(),
});
export type MetricVerdict = z.infer<typeof MetricVerdict>;

/** Accuracy of the rows with one value in a column; `low` and `high` are of the gate's interval, or of the 95 % one. */
export const SliceVerdict = z.object({
  by: z.string(),
  /** Content of the dataset: what the column holds, on one line, its beginning where it is long. Null: rows without the column. */
  value: z.string().nullable(),
  rows: z.number().int(),
  correct: z.number().int(),
  share: z.number(),
  low: z.number(),
  high: z.number(),
  min: z.number(),
  ok: z.boolean(),
});
export type SliceVerdict = z.infer<typeof SliceVerdict>;

const Lines = z.array(z.number().int());

export const RowCounts = z.object({
  expected: z.number().int(),
  correct: z.number().int(),
  incorrect: z.number().int(),
  /** Rows that ran into an error, in the flow or in its evaluation. */
  failed: z.number().int(),
  missing: z.number().int(),
});
export type RowCounts = z.infer<typeof RowCounts>;

export const Verdict = z.object({
  outcome: z.enum(["passed", "failed", "inconclusive", "error"]),
  reasons: z.array(z.string()),
  metrics: z.record(z.string(), MetricVerdict),
  rows: RowCounts.nullable(),
  slices: z.array(SliceVerdict).optional(),
  /** Rows that must be right, and the first that are not. */
  golden: z.object({ rows: z.number().int(), wrong: Lines }).optional(),
  /** The first rows that were right in some repeats and not in others. */
  flaky: Lines.optional(),
  /** The deployment that serves, on the same rows; `pValue` is McNemar's exact one. */
  baseline: z
    .object({
      deployment: z.string(),
      rows: z.number().int(),
      newlyBroken: Lines,
      newlyFixed: Lines,
      pValue: z.number(),
    })
    .optional(),
  /** With `inconclusive`: about how many rows would decide. */
  rowsNeeded: z.number().int().optional(),
  /** The variant that is deployed. */
  winner: z.string().optional(),
});
export type Verdict = z.infer<typeof Verdict>;

export const RunRecord = z.object({
  variant: z.string().nullable(),
  dataset: z.string().optional(),
  /** Digest of that dataset. */
  data: Digest.optional(),
  /** Which repeat these runs are, from 1; there only where rows are repeated. `metrics` are the means of all so far. */
  repeat: z.number().int().optional(),
  baseRun: z.string().nullable(),
  evaluationRun: z.string().nullable(),
  status: z.string(),
  metrics: z.record(z.string(), z.number()),
});
export type RunRecord = z.infer<typeof RunRecord>;

export const Deployment = z.object({
  outcome: z.enum(["deployed", "rolledBack", "skipped", "failed"]),
  reason: z.string().nullable(),
  model: z.string().nullable(),
  endpoint: z.string().nullable(),
  deployment: z.string().nullable(),
  scoringUri: z.string().nullable(),
  traffic: z.record(z.string(), z.number()),
});
export type Deployment = z.infer<typeof Deployment>;

export const PipelineStatus = z.enum(["running", "succeeded", "failed", "canceled"]);
export type PipelineStatus = z.infer<typeof PipelineStatus>;

export const PipelineStage = z.enum([
  "validating",
  "provisioning",
  "running",
  "evaluating",
  "deciding",
  "deploying",
  "done",
]);
export type PipelineStage = z.infer<typeof PipelineStage>;

/** What `GET /api/pipelines/{id}` answers and `results/{id}/pipeline.json` holds. */
export const Pipeline = z.object({
  id: z.string(),
  app: AppName,
  bundle: Digest,
  /** Digest of the dataset, null until it was read. */
  data: Digest.nullable(),
  trigger: z.enum(["http", "data"]),
  commit: Commit.nullable(),
  status: PipelineStatus,
  stage: PipelineStage,
  verdict: Verdict.nullable(),
  runs: z.array(RunRecord),
  deployment: Deployment.nullable(),
  resources: z.array(Resource),
  steps: z.array(PipelineStep),
  error: ErrorBody.nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Pipeline = z.infer<typeof Pipeline>;

export const RowOutcome = z.enum(["correct", "incorrect", "runError", "evalError", "missing"]);
export type RowOutcome = z.infer<typeof RowOutcome>;

/** One run of a line of the dataset. */
const Attempt = z.object({
  outcome: RowOutcome,
  /** Outputs of the evaluation flow; null where it gave none. */
  evaluation: z.record(z.string(), z.unknown()).nullable().optional(),
  /** Of the base run; null where it does not say. */
  latencyMs: z.number().nullable().optional(),
  tokens: z.number().nullable().optional(),
});
export type Attempt = z.infer<typeof Attempt>;

/** One line of the dataset with everything known of it; `line` counts from 0. */
export const Row = Attempt.extend({
  line: z.number().int().min(0),
  /** There only where the pipeline has several. */
  variant: z.string().optional(),
  dataset: z.string().optional(),
  inputs: z.record(z.string(), z.unknown()),
  outputs: z.record(z.string(), z.unknown()).nullable(),
  grade: z.unknown(),
  error: z.string().nullable(),
  /** Node and exception of the error, where they are known. */
  node: z.string().nullable().optional(),
  errorType: z.string().nullable().optional(),
  /** Each repeat in order, where rows are repeated. */
  repeats: z.array(Attempt).optional(),
});
export type Row = z.infer<typeof Row>;
