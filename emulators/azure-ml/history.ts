import { Hono } from "hono";
import * as z from "zod";
import { Refusal } from "./errors.ts";
import { isOnRuntime, type Run, requireRun, updateRun } from "./flow-service/run.ts";
import { CALLER, TENANT } from "./place.ts";
import { readBody, type Service, utc } from "./service.ts";

const RunDataRequest = z.object({ runId: z.string().min(1) });

const Modification = z.object({
  displayName: z.string().optional(),
  description: z.string().nullable().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  hidden: z.boolean().optional(),
});

/** Run history: the only place that tells a run's status. */
export function historyRoutes(service: Service): Hono {
  const routes = new Hono();
  routes.post("/rundata", async (c) => {
    const parsed = RunDataRequest.safeParse(await readBody(c));
    if (!parsed.success) {
      throw new Refusal(400, "BadArgument", `rundata: ${z.prettifyError(parsed.error)}`);
    }
    const runMetadata = metadata(service, requireRun(service, parsed.data.runId));
    return c.json({
      runMetadata,
      runDefinition: null,
      jobSpecification: null,
      systemSettings: null,
    });
  });
  routes.get("/runs/:id", (c) => c.json(metadata(service, requireRun(service, c.req.param("id")))));
  routes.patch("/runs/:id/modify", async (c) => {
    const parsed = Modification.safeParse(await readBody(c));
    if (!parsed.success) {
      throw new Refusal(400, "BadArgument", `modify: ${z.prettifyError(parsed.error)}`);
    }
    const run = requireRun(service, c.req.param("id"));
    const change: Partial<Run> = withoutUndefined(parsed.data);
    const tags = { ...run.tags, ...parsed.data.tags };
    return c.json(metadata(service, updateRun(service, run.runId, { ...change, tags })));
  });
  return routes;
}

function withoutUndefined<Shape extends object>(
  shape: Shape,
): { [Key in keyof Shape]: Exclude<Shape[Key], undefined> } {
  const present = Object.entries(shape).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as never;
}

function metadata(service: Service, run: Run) {
  const { runId, startedAt, endedAt } = run;
  const duration = durationOf(run);
  return {
    runNumber: Math.floor(run.createdAt / 1000),
    rootRunId: runId,
    createdUtc: utc(run.createdAt),
    createdBy: { userObjectId: CALLER, userTenantId: TENANT, userName: "emulator" },
    runId,
    runUuid: run.runUuid,
    parentRunId: null,
    status: run.status,
    error: run.error,
    warnings: null,
    revision: run.revision,
    statusRevision: run.statusRevision,
    currentAttemptId: 1,
    startTimeUtc: startedAt === null ? null : utc(startedAt),
    endTimeUtc: endedAt === null ? null : utc(endedAt),
    lastModifiedUtc: utc(run.modifiedAt),
    duration,
    computeDuration: duration,
    cancelationReason: null,
    displayName: run.displayName,
    name: null,
    description: run.description,
    hidden: run.hidden,
    tags: run.tags,
    experimentId: run.experimentId,
    dataContainerId: `dcid.${runId}`,
    runType: "azureml.promptflow.FlowRun",
    runTypeV2: {
      orchestrator: null,
      traits: [],
      attribution: "PromptFlow",
      computeType: isOnRuntime(run.submit) ? "AmlcDsi" : null,
    },
    properties: run.properties,
    outputs: run.status === "Completed" ? outputsOf(service, runId) : null,
  };
}

function outputsOf({ place }: Service, runId: string) {
  const asset = (name: string) => ({
    assetId: `azureml://locations/${place.location}/workspaces/${place.workspaceId}/data/azureml_${runId}_output_data_${name}/versions/1`,
    type: "UriFolder",
  });
  return { debug_info: asset("debug_info"), flow_outputs: asset("flow_outputs") };
}

/** `00:00:11.0527700`; null before the run's end. */
export function durationOf({ startedAt, endedAt }: Run): string | null {
  if (endedAt === null) return null;
  const ms = endedAt - (startedAt ?? endedAt);
  const seconds = Math.floor(ms / 1000);
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60];
  const clock = parts.map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
  return `${clock}.${String(Math.floor(ms % 1000)).padStart(3, "0")}0000`;
}
