import * as z from "zod";
import { Refusal } from "#emulators/azure-ml/errors.ts";
import type { Service } from "#emulators/azure-ml/service.ts";
import type { Collection } from "#emulators/azure-ml/store/documents.ts";

export type RunStatus =
  | "NotStarted"
  | "Preparing"
  | "Running"
  | "CancelRequested"
  | "Completed"
  | "Failed"
  | "Canceled";

const TextMap = z.record(z.string(), z.string());

/** Everything is nullable on the wire, and unknown fields are ignored. */
export const SubmitRequest = z.object({
  runId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/),
  flowDefinitionDataStoreName: z.string().nullish(),
  flowDefinitionBlobPath: z.string().nullish(),
  flowDefinitionDataUri: z.string().nullish(),
  runDisplayName: z.string().nullish(),
  runDisplayNameGenerationType: z.string().nullish(),
  runExperimentName: z.string().nullish(),
  nodeVariant: z.string().nullish(),
  variantRunId: z.string().nullish(),
  batchDataInput: z.object({ dataUri: z.string().nullish() }).nullish(),
  inputsMapping: TextMap.nullish(),
  initKWargs: z.record(z.string(), z.unknown()).nullish(),
  environmentVariables: TextMap.nullish(),
  connections: z.record(z.string(), TextMap).nullish(),
  sessionId: z.string().nullish(),
  sessionSetupMode: z.string().nullish(),
  flowLineageId: z.string().nullish(),
  runtimeName: z.string().nullish(),
  vmSize: z.string().nullish(),
  computeName: z.string().nullish(),
  identity: z.string().nullish(),
  disableTrace: z.boolean().nullish(),
  description: z.string().nullish(),
  tags: TextMap.nullish(),
  properties: TextMap.nullish(),
});
export type SubmitRequest = z.infer<typeof SubmitRequest>;

/** What a resumed run may say anew; the rest is that of the run it resumes. */
export const ResumeRequest = SubmitRequest.pick({
  runDisplayName: true,
  description: true,
  tags: true,
  runtimeName: true,
  vmSize: true,
  computeName: true,
  identity: true,
  disableTrace: true,
}).extend({
  runId: SubmitRequest.shape.runId.nullish(),
  resumeFromRunId: z.string().min(1),
});

/** A metric as it goes over the wire: JSON has no NaN, so that is text in a column of doubles. */
export interface Metric {
  readonly name: string;
  readonly column: "Double" | "String" | "Boolean";
  readonly value: number | string | boolean | null;
}

export interface Run {
  readonly runId: string;
  readonly submit: SubmitRequest;
  /** The run whose completed lines this one takes over; null runs every line. */
  readonly resumeFromRunId: string | null;
  readonly status: RunStatus;
  /** Milliseconds since the epoch, as all times here. */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly modifiedAt: number;
  readonly runUuid: string;
  readonly experimentId: string;
  readonly displayName: string;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly hidden: boolean;
  readonly properties: Readonly<Record<string, string>>;
  readonly revision: number;
  readonly statusRevision: number;
  /** As run history answers it; a Completed run has one when lines failed. */
  readonly error: unknown;
  readonly metrics: readonly Metric[];
  readonly nodes: readonly string[];
  /** An outcome that was asked for through the back door. */
  readonly fault: { readonly outcome: "failed" | "never"; readonly message?: string } | null;
  /** Whether the flow and the data were copied; false after a kill in the middle of the submit. */
  readonly snapshotTaken: boolean;
}

const TERMINAL: ReadonlySet<RunStatus> = new Set(["Completed", "Failed", "Canceled"]);

export function isTerminal({ status }: Run): boolean {
  return TERMINAL.has(status);
}

/** On a runtime of its own choice, rather than on an automatic session. */
export function isOnRuntime({ runtimeName }: SubmitRequest): boolean {
  return Boolean(runtimeName) && runtimeName !== "automatic";
}

export function runsOf(service: Service): Collection<Run> {
  return service.documents.collection<Run>("run");
}

/** Writes a change together with the revisions that run history counts. */
export function updateRun(service: Service, runId: string, change: Partial<Run>): Run {
  const run = requireRun(service, runId);
  const statusChanged = change.status !== undefined && change.status !== run.status;
  const updated = {
    ...run,
    ...change,
    modifiedAt: service.clock.now(),
    revision: run.revision + 1,
    statusRevision: run.statusRevision + (statusChanged ? 1 : 0),
  };
  runsOf(service).write(runId, updated);
  return updated;
}

/** Throws the data plane's 404 for an unknown run. */
export function requireRun(service: Service, runId: string): Run {
  const run = runsOf(service).read(runId);
  if (run) return run;
  throw new Refusal(404, "NotFoundError", `Run runId=${runId} was not found`, {
    runId: `runId=${runId}`,
  });
}
