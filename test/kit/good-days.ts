import { TaskFailedError } from "durable-functions";
import type { LoggedMetrics, RowTally } from "#domain/gate/evidence.ts";
import type { Pipeline } from "#domain/pipeline.ts";
import type { AcceptedPipeline } from "#domain/request.ts";
import { everyOrchestration } from "#orchestrators/every-orchestration.ts";
import { runPipeline } from "#orchestrators/run-pipeline.ts";
import { drive, type Script } from "./drive.ts";
import { anAccepted, anEvidence, aTally } from "./pipelines.ts";

export const ready = { state: "ready", message: "" };
export const gone = { state: "gone", message: "" };
export const dataset = {
  name: "shop/data.jsonl",
  rows: 10,
  digest: `sha256:${"0".repeat(64)}`,
  blob: "b",
};
export const uploaded = { blobPath: "p/flow.dag.yaml", datastore: "workspaceblobstore" };

/** The step that collects rows, where they come out so. */
export function evidenceOf(tally: Partial<RowTally> = {}) {
  return ({ logged }: { logged: LoggedMetrics }) => ({
    ...anEvidence({ tally: aTally(tally), logged }),
    isSettled: true,
  });
}

/** Azure as it behaves on a good day; a test says what is different. */
function azure(differences: Script = {}): Script & { documents: Pipeline[] } {
  const documents: Pipeline[] = [];
  const removed = new Set<string>();
  const traffic: Record<string, number> = {};
  const settled = ({ name }: { name: string }) => (removed.has(name) ? gone : ready);
  return {
    documents: documents as never,
    recordPipeline: ({ pipeline }: { pipeline: Pipeline }) => {
      documents.push(pipeline);
      return {};
    },
    recordResource: () => ({}),
    publishEvent: () => ({}),
    validate: () => ({ variants: [null], datasets: [dataset] }),
    uploadFlow: () => uploaded,
    uploadEvaluation: () => uploaded,
    uploadData: () => ({ base: "azureml://data", evaluation: "azureml://data" }),
    ensureIdentity: () => ({ name: "flowgate-ws", resourceId: "/identity", principalId: "p" }),
    assignRole: () => ({ name: "role" }),
    startSession: () => ({ operation: null }),
    readSession: settled,
    startCompute: () => ({}),
    readCompute: settled,
    startRuntime: () => ({}),
    readRuntime: settled,
    removeResource: ({ name }: { name: string }) => {
      removed.add(name);
      return {};
    },
    submitRun: () => ({}),
    readRun: () => ({ status: "Completed", state: "completed", error: null }),
    cancelRun: () => ({}),
    readMetrics: () => ({ finite: { accuracy: 0.9 }, malformed: {} }),
    findBaseline: () => ({ none: "there is no endpoint shop-endpoint" }),
    collectRows: evidenceOf(),
    publishRows: () => ({}),
    compareVariants: () => ({ rows: 10, onlyLeader: 6, onlySecond: 0 }),
    writeReport: () => ({}),
    planDeployment: () => ({ endpoint: "shop-endpoint", deployment: "fg-1" }),
    acquireEndpoint: () => ({ acquired: true, holder: "" }),
    releaseEndpoint: () => ({}),
    registerModel: () => ({ name: "shop-model", version: "3", id: "/models/3" }),
    ensureEndpoint: () => ({}),
    readEndpoint: () => ({
      ...ready,
      scoringUri: "https://shop/score",
      principalId: "e",
      traffic: { ...traffic },
      deployments: Object.keys(traffic),
    }),
    startDeployment: () => ({}),
    readDeployment: ({ deployment }: { deployment: string }) =>
      removed.has(deployment) ? gone : ready,
    keepDeploymentLogs: () => ({ blob: "deployment.log", tail: "no module" }),
    smokeTest: () => ({ ok: true, message: "" }),
    setTraffic: ({ traffic: next }: { traffic: Record<string, number> }) => {
      for (const name of Object.keys(traffic)) delete traffic[name];
      Object.assign(traffic, next);
      return {};
    },
    removeDeployment: ({ deployment }: { deployment: string }) => {
      removed.add(deployment);
      return {};
    },
    ...differences,
  } as unknown as Script & { documents: Pipeline[] };
}

/** An endpoint that has this traffic, and whatever it is given after that. */
export function endpointWith(first: Record<string, number>, deployments = Object.keys(first)) {
  let traffic = first;
  return {
    readEndpoint: () => ({
      ...ready,
      scoringUri: "https://shop/score",
      principalId: "e",
      traffic,
      deployments,
    }),
    setTraffic: ({ traffic: next }: { traffic: Record<string, number> }) => {
      traffic = next;
      return {};
    },
  };
}

/** A pipeline played to its end; `document` is the last record of it. */
export function run(differences: Script = {}, accepted: AcceptedPipeline = anAccepted()) {
  const script = azure(differences);
  const driven = drive(runPipeline, accepted, script, everyOrchestration);
  const document = script.documents.at(-1) as Pipeline;
  const events = driven.inputs.flatMap(({ name, input }) =>
    name === "publishEvent" ? [(input as { event: { type: string; sequence: string } }).event] : [],
  );
  return { ...driven, document, documents: script.documents, events };
}

/** What an activity throws, as an orchestrator sees it. */
export function failing(code: string, retryable: boolean, more: { retryAfterMs?: number } = {}) {
  return () => {
    throw new TaskFailedError({
      errorType: "PipelineError",
      errorMessage: "no luck",
      isNonRetriable: false,
      properties: { code, retryable, ...more },
      isCausedBy: () => false,
    });
  };
}
