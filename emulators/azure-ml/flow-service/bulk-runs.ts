import { randomUUID } from "node:crypto";
import { basename, dirname } from "node:path";
import { Hono } from "hono";
import * as z from "zod";
import { FlowError } from "#emulators/azure-ml/engine/engine.ts";
import { Refusal } from "#emulators/azure-ml/errors.ts";
import { guidFrom } from "#emulators/azure-ml/place.ts";
import { present } from "#emulators/azure-ml/present.ts";
import { readBody, type Service } from "#emulators/azure-ml/service.ts";
import {
  isOnRuntime,
  isTerminal,
  ResumeRequest,
  type Run,
  requireRun,
  runsOf,
  SubmitRequest,
  updateRun,
} from "./run.ts";
import { artifactsPath } from "./run-artifacts.ts";
import { logLine, readLog } from "./run-log.ts";
import { runProperties } from "./run-properties.ts";
import type { RunWork } from "./run-work.ts";
import { requireReadyRuntime } from "./runtimes.ts";
import { snapshotId, takeSnapshot } from "./snapshot.ts";

export function bulkRunRoutes(service: Service, runWork: RunWork): Hono {
  const routes = new Hono();
  routes.post("/BulkRuns/submit", async (c) => {
    const run = acceptRun(service, {
      submit: readRequest(await readBody(c)),
      resumeFromRunId: null,
    });
    await copySources(service, run);
    runWork.start(run.runId);
    return c.json(run.runId);
  });
  routes.post("/BulkRuns/resume", async (c) => {
    const run = acceptRun(service, resumed(service, await readBody(c)));
    await copySources(service, run);
    runWork.start(run.runId);
    return c.json(run.runId);
  });
  routes.get("/BulkRuns/:id", (c) =>
    c.json(flowRunInfo(service, requireRun(service, c.req.param("id")))),
  );
  routes.get("/BulkRuns/:id/childRuns", (c) => {
    const { runId } = requireRun(service, c.req.param("id"));
    const only = c.req.query("index");
    const first = indexOf(only ?? c.req.query("startIndex"), 0);
    const last = indexOf(only ?? c.req.query("endIndex"), Number.MAX_SAFE_INTEGER);
    const records = service.runLines.recordsText(runId, first, last);
    return c.body(records, 200, { "content-type": "application/json" });
  });
  routes.get("/BulkRuns/:id/logContent", (c) => {
    const { runId } = requireRun(service, c.req.param("id"));
    return c.json(readLog(service, runId));
  });
  routes.post("/BulkRuns/:id/cancel", (c) => {
    runWork.cancel(c.req.param("id"));
    return c.body(null, 200);
  });
  return routes;
}

function readRequest(body: Record<string, unknown>): SubmitRequest {
  const parsed = SubmitRequest.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, "BadArgument", `BulkRuns/submit: ${z.prettifyError(parsed.error)}`);
}

type Accepted = Pick<Run, "submit" | "resumeFromRunId">;

/** The request of another run again, under a new id. */
function resumed(service: Service, body: Record<string, unknown>): Accepted {
  const parsed = ResumeRequest.safeParse(body);
  if (!parsed.success) {
    throw new Refusal(400, "BadArgument", `BulkRuns/resume: ${z.prettifyError(parsed.error)}`);
  }
  const { resumeFromRunId, ...changed } = parsed.data;
  const from = requireRun(service, resumeFromRunId);
  if (!isTerminal(from)) {
    const message = `Run ${from.runId} is ${from.status}; it can be resumed when it has ended.`;
    throw new Refusal(400, "BadArgument", message);
  }
  const runId = changed.runId ?? `${from.runId}_resume_${service.clock.now()}`;
  const submit = { ...from.submit, runDisplayName: runId, ...present(changed), runId };
  return { submit, resumeFromRunId: from.runId };
}

/** Writes the run before anything is done for it, so that a repeat of the request finds it. */
function acceptRun(service: Service, accepted: Accepted): Run {
  const { submit } = accepted;
  const { runId } = submit;
  refuseImpossible(service, submit);
  const fault = service.backDoor.takeOutcome("run", runId);
  const now = service.clock.now();
  const run: Run = {
    runId,
    ...accepted,
    status: isOnRuntime(submit) ? "Preparing" : "NotStarted",
    createdAt: now,
    startedAt: null,
    endedAt: null,
    modifiedAt: now,
    runUuid: randomUUID(),
    experimentId: guidFrom(submit.runExperimentName ?? "default"),
    displayName: displayName(submit, now),
    description: submit.description ?? null,
    tags: submit.tags ?? {},
    hidden: false,
    properties: runProperties(accepted),
    revision: 1,
    statusRevision: 0,
    error: null,
    metrics: [],
    nodes: [],
    fault: fault
      ? { outcome: fault.outcome, ...(fault.message ? { message: fault.message } : {}) }
      : null,
    snapshotTaken: false,
  };
  runsOf(service).write(runId, run);
  logLine(service, runId, `Receiving v2 bulk run request ${runId}: ${scrubbed(submit)}`);
  service.log("run accepted", { runId });
  return run;
}

/** Throws what the service says before it accepts a run. */
function refuseImpossible(service: Service, submit: SubmitRequest): void {
  const { runId, variantRunId, runtimeName } = submit;
  if (runsOf(service).read(runId)) {
    throw new Refusal(409, "RunAlreadyExists", `Run ${runId} already exists.`, { runId });
  }
  if (variantRunId && !runsOf(service).read(variantRunId)) {
    throw new Refusal(404, "FlowRunNotFound", `Cannot find flow run with run id ${variantRunId}.`);
  }
  if (isOnRuntime(submit)) requireReadyRuntime(service, runtimeName ?? "");
}

/** A flow or data that cannot be copied now is tried once more by the run itself, which then fails. */
async function copySources(service: Service, { runId, submit }: Run): Promise<void> {
  try {
    await takeSnapshot(service, submit);
    updateRun(service, runId, { snapshotTaken: true });
  } catch (error) {
    if (!(error instanceof FlowError)) service.log("copying a run's sources failed", { runId });
  }
}

/** The first line of a run's log shows the request, without the values that may be secret. */
function scrubbed(submit: SubmitRequest): string {
  const names = Object.keys(submit.environmentVariables ?? {});
  const environmentVariables = Object.fromEntries(names.map((name) => [name, "**data_scrubbed**"]));
  return JSON.stringify({ ...submit, environmentVariables });
}

function displayName(submit: SubmitRequest, now: number): string {
  const variant = /^\$\{[^.}]+\.([^}]+)\}$/.exec(submit.nodeVariant ?? "")?.[1] ?? "variant_0";
  const timestamp = new Date(now).toISOString().replaceAll(/[-:T]/g, "").slice(0, 14);
  return (submit.runDisplayName ?? submit.runId)
    .replaceAll("${variant_id}", () => variant)
    .replaceAll("${timestamp}", () => timestamp)
    .replaceAll("${run}", () => submit.variantRunId ?? "");
}

function indexOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^\d+$/.test(text)) return Number(text);
  throw new Refusal(400, "BadArgument", `An index is a whole number from 0, not '${text}'.`);
}

/** What the flow service knows of a run; its status is in run history alone. */
function flowRunInfo({ place }: Service, run: Run) {
  const { runId, submit, displayName: flowRunDisplayName, nodes } = run;
  const blobPath = submit.flowDefinitionBlobPath ?? "";
  return {
    flowGraph: {
      nodes: nodes.map((name) => ({ name })),
      tools: [],
      inputs: {},
      outputs: {},
    },
    flowName: basename(dirname(blobPath)) || "flow",
    flowRunResourceId: `azureml://experiments/${submit.runExperimentName ?? "default"}/flow-runs/${runId}`,
    flowRunId: runId,
    flowRunDisplayName,
    batchDataInput: submit.batchDataInput ?? null,
    flowRunType: "FlowRun",
    flowType: "Default",
    runtimeName: submit.runtimeName ?? "automatic",
    inputsMapping: submit.inputsMapping ?? {},
    outputDatastoreName: "workspaceblobstore",
    childRunBasePath: `${artifactsPath(runId)}/flow_artifacts`,
    flowDagFileRelativePath: basename(blobPath) || "flow.dag.yaml",
    flowSnapshotId: snapshotId(runId),
    sessionId: submit.sessionId ?? null,
    studioPortalEndpoint: `https://ml.azure.com/runs/${runId}?wsid=${place.id}`,
    studioPortalTraceEndpoint: `https://ml.azure.com/prompts/trace/run/${runId}?wsid=${place.id}`,
  };
}
