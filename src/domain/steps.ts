import { z } from "zod";
import { StableRows } from "./baseline.ts";
import { ErrorBody } from "./errors.ts";
import { PipelineEvent } from "./events.ts";
import { Evidence, LoggedMetrics, PairedCounts, RowTally } from "./gate/evidence.ts";
import { GatePolicy } from "./gate/policy.ts";
import { Digest, Pipeline, Resource } from "./pipeline.ts";
import { RunPair } from "./report/pair-variants.ts";
import { MeasuredCell } from "./report/report.ts";
import { DataBlob } from "./request.ts";
import { defineStep } from "./step.ts";

/** What every activity is told of its pipeline; the bundle itself is read where it is needed. */
const Job = z.object({ id: z.string(), app: z.string(), bundle: z.string() });

/** One of the variants, and one of the datasets by its place in the plan. */
const Cell = Job.extend({ variant: z.string().nullable(), dataset: z.number().int() });

const Nothing = z.object({});

/** A state that a poll waits for: whatever is not `pending` ends the wait. */
const Settled = z.object({
  state: z.enum(["pending", "ready", "failed", "gone"]),
  /** Why it failed; empty otherwise. */
  message: z.string(),
});
export type Settled = z.infer<typeof Settled>;

// --- the pipeline's own records -------------------------------------------------------------------

/** Merges what this writer knows into `results/{id}/pipeline.json` and the pipeline's row. */
export const recordPipeline = defineStep({
  name: "recordPipeline",
  input: z.object({ pipeline: Pipeline }),
  output: Nothing,
});

/** Writes the ledger before a create call and after every change that was seen. */
export const recordResource = defineStep({
  name: "recordResource",
  input: z.object({
    id: z.string(),
    resource: Resource,
    /** ISO 8601; past it the resource is overdue. */
    deadline: z.string(),
  }),
  output: Nothing,
});

export const publishEvent = defineStep({
  name: "publishEvent",
  input: z.object({ event: PipelineEvent }),
  output: Nothing,
});

// --- validate and upload --------------------------------------------------------------------------

/** What the pipeline will run, found out once; sizes and names only, never content. */
export const Plan = z.object({
  /** `[null]` unless the manifest names variants. */
  variants: z.array(z.string().nullable()),
  /** `name` is the path in the app folder or the blob; `blob` the snapshot in container `results`. */
  datasets: z.array(
    z.object({ name: z.string(), rows: z.number().int(), digest: z.string(), blob: z.string() }),
  ),
});
export type Plan = z.infer<typeof Plan>;

/** Reads every dataset once (If-Match where a blob was named), checks each line, keeps snapshots. DATA_INVALID, DATA_CHANGED. */
export const validate = defineStep({
  name: "validate",
  input: Job.extend({ data: DataBlob.nullable() }),
  output: Plan,
});

/** The flow file: its path in the default datastore, or its URL where the datastore is closed to us. */
export const UploadedFlow = z.union([
  z.object({ blobPath: z.string(), datastore: z.string() }),
  z.object({ dataUri: z.string() }),
]);
export type UploadedFlow = z.infer<typeof UploadedFlow>;

export const uploadFlow = defineStep({ name: "uploadFlow", input: Job, output: UploadedFlow });

export const uploadEvaluation = defineStep({
  name: "uploadEvaluation",
  input: Job,
  output: UploadedFlow,
});

/** `evaluation` is null when the evaluation run brings no data of its own. */
export const uploadData = defineStep({
  name: "uploadData",
  input: Job.extend({
    dataset: z.object({ name: z.string(), blob: z.string() }),
  }),
  output: z.object({ base: z.string(), evaluation: z.string().nullable() }),
});

// --- test environment -----------------------------------------------------------------------------

/** The identity of the workspace's test computes; created by an idempotent PUT. */
export const ensureIdentity = defineStep({
  name: "ensureIdentity",
  input: Nothing,
  output: z.object({ name: z.string(), resourceId: z.string(), principalId: z.string() }),
});

/** "AzureML Data Scientist" on the workspace; an assignment that exists is success. */
export const assignRole = defineStep({
  name: "assignRole",
  input: z.object({ principalId: z.string() }),
  output: z.object({ name: z.string() }),
});

export const startCompute = defineStep({
  name: "startCompute",
  input: z.object({ id: z.string(), name: z.string(), vmSize: z.string(), identity: z.string() }),
  output: Nothing,
});

/** `ready`: provisioned and running. */
export const readCompute = defineStep({
  name: "readCompute",
  input: z.object({ name: z.string() }),
  output: Settled,
});

export const startRuntime = defineStep({
  name: "startRuntime",
  input: z.object({ id: z.string(), name: z.string(), compute: z.string() }),
  output: Nothing,
});

export const readRuntime = defineStep({
  name: "readRuntime",
  input: z.object({ name: z.string() }),
  output: Settled,
});

export const startSession = defineStep({
  name: "startSession",
  input: Job.extend({ name: z.string(), vmSize: z.string() }),
  /** Where to poll, relative to the workspace's flow service; null when it is ready at once. */
  output: z.object({ operation: z.string().nullable() }),
});

/** With an operation: how its creation goes. Without: whether it is still there. */
export const readSession = defineStep({
  name: "readSession",
  input: z.object({ name: z.string(), operation: z.string().nullable() }),
  output: Settled,
});

/** Asks for removal; what is not there is fine. The read of the same kind proves it (`gone`). */
export const removeResource = defineStep({
  name: "removeResource",
  input: z.object({
    kind: z.enum(["computeInstance", "runtime", "session"]),
    name: z.string(),
  }),
  output: Nothing,
});

// --- runs -----------------------------------------------------------------------------------------

export const RunPlace = z.discriminatedUnion("kind", [
  /** With the size to make the session of again, should it have ended by then. */
  z.object({ kind: z.literal("session"), name: z.string(), vmSize: z.string().optional() }),
  z.object({ kind: z.literal("runtime"), name: z.string() }),
]);
export type RunPlace = z.infer<typeof RunPlace>;

/** Submits under a name of ours; a run that exists under it is adopted. */
export const submitRun = defineStep({
  name: "submitRun",
  input: Cell.extend({
    kind: z.enum(["base", "evaluation"]),
    run: z.string(),
    flow: UploadedFlow,
    /** Data URI in the workspace's datastore. */
    data: z.string().nullable(),
    /** The run that an evaluation run looks at. */
    baseRun: z.string().nullable(),
    place: RunPlace,
  }),
  output: Nothing,
});

export const readRun = defineStep({
  name: "readRun",
  input: z.object({ run: z.string() }),
  output: z.object({
    status: z.string(),
    state: z.enum(["running", "completed", "failed", "canceled"]),
    /** Why the whole run failed; failed lines are no error here. */
    error: ErrorBody.nullable(),
  }),
});

export const cancelRun = defineStep({
  name: "cancelRun",
  input: z.object({ run: z.string() }),
  output: Nothing,
});

export const readMetrics = defineStep({
  name: "readMetrics",
  input: z.object({ run: z.string() }),
  output: LoggedMetrics,
});

/** The deployment that most of the traffic goes to, and the pipeline whose rows it is compared by; or why there is none. */
export const findBaseline = defineStep({
  name: "findBaseline",
  input: Job.extend({
    /** Of the dataset that both have to be evaluated on. */
    digest: Digest,
  }),
  output: StableRows,
});

/**
 * Joins dataset, base run and evaluation run by line, and what earlier repeats and the baseline have of it; writes
 * `results/{id}/rows.jsonl` part by part; keeps the runs' logs.
 */
export const collectRows = defineStep({
  name: "collectRows",
  input: Cell.extend({
    /** Place among the runs of this pipeline, and so of its part of the rows. */
    index: z.number().int(),
    /** Which repeat it is, from 0. */
    round: z.number().int(),
    /** Null where the pipeline has only one. */
    datasetName: z.string().nullable(),
    snapshot: z.string(),
    baseRun: z.string(),
    evaluationRun: z.string(),
    /** What the evaluation run logged; of several repeats the means. */
    logged: LoggedMetrics,
    /** What earlier repeats said of themselves that their lines do not show. */
    troubles: RowTally.shape.troubles,
    /** Null unless the gate asks for one. */
    baseline: StableRows.nullable(),
  }),
  output: Evidence.extend({
    /** Whether no further repeat can change the verdict. */
    isSettled: z.boolean(),
  }),
});

/** Puts the last parts of all runs together as `results/{id}/rows.jsonl`. */
export const publishRows = defineStep({
  name: "publishRows",
  input: z.object({
    id: z.string(),
    parts: z.number().int(),
    /** How many repeats a part may have had. */
    rounds: z.number().int(),
  }),
  output: Nothing,
});

/** Reads the rows of the two best variants side by side, and counts those that only one has right. RESULTS_MISSING. */
export const compareVariants = defineStep({
  name: "compareVariants",
  input: z.object({ id: z.string(), policy: GatePolicy, runs: z.array(RunPair) }),
  output: PairedCounts,
});

/** Writes `report.json`, `report.md` and `junit.xml` into `results/{id}/`, reading the rows again. RESULTS_MISSING. */
export const writeReport = defineStep({
  name: "writeReport",
  input: z.object({
    /** With its verdict. */
    pipeline: Pipeline,
    policy: GatePolicy,
    /** None where nothing could be measured. */
    cells: z.array(MeasuredCell),
  }),
  output: Nothing,
});

// --- deployment -----------------------------------------------------------------------------------

/** One pipeline at a time changes an endpoint; false while another one holds it. */
export const acquireEndpoint = defineStep({
  name: "acquireEndpoint",
  input: z.object({ endpoint: z.string(), id: z.string(), deadline: z.string() }),
  output: z.object({ acquired: z.boolean(), holder: z.string() }),
});

export const releaseEndpoint = defineStep({
  name: "releaseEndpoint",
  input: z.object({ endpoint: z.string(), id: z.string() }),
  output: Nothing,
});

/** Names of what will be deployed, read from the app's deployment YAML. */
export const planDeployment = defineStep({
  name: "planDeployment",
  input: Job.extend({ variant: z.string().nullable() }),
  output: z.object({
    endpoint: z.string(),
    deployment: z.string(),
    /** What is worth knowing before it is deployed, a sentence each. */
    warnings: z.array(z.string()).default([]),
  }),
});

/** Builds the model folder from the bundle (the variant made the default, run overrides written in) and registers it. */
export const registerModel = defineStep({
  name: "registerModel",
  input: Job.extend({ variant: z.string().nullable() }),
  output: z.object({ name: z.string(), version: z.string(), id: z.string() }),
});

/** Creates the endpoint unless it is there; one that is there keeps its traffic and mirroring. */
export const ensureEndpoint = defineStep({
  name: "ensureEndpoint",
  input: Job.extend({ endpoint: z.string() }),
  output: Nothing,
});

/** `ready` needs provisioningState Succeeded and a scoringUri. */
export const readEndpoint = defineStep({
  name: "readEndpoint",
  input: z.object({ endpoint: z.string() }),
  output: Settled.extend({
    scoringUri: z.string().nullable(),
    principalId: z.string().nullable(),
    traffic: z.record(z.string(), z.number()),
    /** Deployments of the endpoint that Flowgate made, oldest first. */
    deployments: z.array(z.string()),
  }),
});

/** Asks for the deployment at 0 %; refuses one whose bundle or variant tag differs. */
export const startDeployment = defineStep({
  name: "startDeployment",
  input: Job.extend({
    variant: z.string().nullable(),
    endpoint: z.string(),
    deployment: z.string(),
    /** ARM id of the model version. */
    model: z.string(),
    modelVersion: z.string(),
  }),
  output: Nothing,
});

export const readDeployment = defineStep({
  name: "readDeployment",
  input: z.object({ endpoint: z.string(), deployment: z.string() }),
  output: Settled,
});

/** Keeps the container's log as `results/{id}/deployment.log`; answers its last lines where they may be quoted. */
export const keepDeploymentLogs = defineStep({
  name: "keepDeploymentLogs",
  input: z.object({
    id: z.string(),
    endpoint: z.string(),
    deployment: z.string(),
    /** Only before the deployment was asked anything: later the log can hold what it was asked. */
    quote: z.boolean(),
  }),
  output: z.object({ blob: z.string(), tail: z.string() }),
});

/** Sends the app's sample request to the deployment by header, whatever the traffic says. */
export const smokeTest = defineStep({
  name: "smokeTest",
  input: Job.extend({ endpoint: z.string(), deployment: z.string(), scoringUri: z.string() }),
  output: z.object({ ok: z.boolean(), message: z.string() }),
});

/** `traffic` sums to 100; everything else about the endpoint stays. */
export const setTraffic = defineStep({
  name: "setTraffic",
  input: z.object({ endpoint: z.string(), traffic: z.record(z.string(), z.number()) }),
  output: Nothing,
});

export const removeDeployment = defineStep({
  name: "removeDeployment",
  input: z.object({ endpoint: z.string(), deployment: z.string() }),
  output: Nothing,
});
