import { Hono } from "hono";
import * as z from "zod";
import { Refusal } from "./errors.ts";
import { type Run, runsOf } from "./flow-service/run.ts";
import { durationOf } from "./history.ts";
import { CALLER, TENANT } from "./place.ts";
import { readBody, type Service, utc } from "./service.ts";

const MOST_PER_PAGE = 100;

const Query = z.object({
  filters: z
    .array(
      z.object({
        field: z.string(),
        operator: z.enum(["eq", "ne", "contains"]),
        values: z.array(z.unknown()),
      }),
    )
    .default([]),
  order: z.array(z.object({ field: z.string(), direction: z.enum(["Asc", "Desc"]) })).nullish(),
  freeTextSearch: z.string().nullish(),
  pageSize: z.number().int().min(0).default(50),
  skip: z.number().int().min(0).default(0),
});
type Query = z.infer<typeof Query>;
type Filter = Query["filters"][number];

/** The search index: it knows runs only, and each of them a while after it was created. */
export function indexRoutes(service: Service): Hono {
  return new Hono().post("/entities", async (c) => {
    const parsed = Query.safeParse(await readBody(c));
    if (!parsed.success) {
      throw new Refusal(400, "BadArgument", `entities: ${z.prettifyError(parsed.error)}`);
    }
    const query = parsed.data;
    const found = search(service, query);
    const end = query.skip + Math.min(query.pageSize, MOST_PER_PAGE);
    return c.json({
      totalCount: found.length,
      value: found.slice(query.skip, end),
      nextSkip: end < found.length ? end : null,
    });
  });
}

function search(service: Service, { filters, order, freeTextSearch }: Query) {
  const knownUntil = service.clock.now() - service.latency.index;
  const words = freeTextSearch?.toLowerCase() ?? "";
  const [by] = order ?? [];
  const found = runsOf(service)
    .list()
    .filter(({ createdAt }) => createdAt <= knownUntil)
    .filter(({ runId, displayName }) => `${runId} ${displayName}`.toLowerCase().includes(words))
    .reverse()
    .map((run) => entity(service, run))
    .filter((one) => filters.every((filter) => matches(one, filter)));
  if (!by) return found;
  const sign = by.direction === "Asc" ? 1 : -1;
  return found.sort((a, b) => sign * compare(valueAt(a, by.field), valueAt(b, by.field)));
}

function matches(one: unknown, { field, operator, values }: Filter): boolean {
  const text = String(valueAt(one, field)).toLowerCase();
  const wanted = values.map((value) => String(value).toLowerCase());
  if (operator === "contains") return wanted.some((value) => text.includes(value));
  return wanted.includes(text) === (operator === "eq");
}

/** `annotations/archived` of an entity. */
function valueAt(one: unknown, field: string): unknown {
  let value = one;
  for (const name of field.split("/")) {
    value = (value as Record<string, unknown> | null | undefined)?.[name];
  }
  return value;
}

function compare(a: unknown, b: unknown): number {
  const [left, right] = [String(a ?? ""), String(b ?? "")];
  return left < right ? -1 : Number(left > right);
}

function entity({ place }: Service, run: Run) {
  const { runId, runUuid, startedAt, endedAt } = run;
  const user = { userObjectId: CALLER, userTenantId: TENANT, userName: "emulator" };
  return {
    entityId: `azureml://location/${place.location}/workspaceId/${place.workspaceId}/type/runs/objectId/${runUuid}`,
    entityObjectId: runUuid,
    entityContainerId: place.workspaceId,
    entityResourceName: place.workspace,
    resourceType: "Workspace",
    type: "runs",
    kind: "Unversioned",
    version: null,
    updateSequence: run.revision,
    annotations: {
      archived: run.hidden,
      tags: run.tags,
      displayName: run.displayName,
      name: null,
      description: run.description,
      status: run.status,
      error: run.error,
      metrics: Object.fromEntries(run.metrics.map(({ name, value }) => [name, value])),
    },
    properties: {
      updatedTime: utc(run.modifiedAt),
      creationContext: { createdTime: utc(run.createdAt), createdBy: user, creationSource: null },
      dataContainerId: `dcid.${runId}`,
      runName: null,
      experimentName: run.submit.runExperimentName ?? "default",
      experimentId: run.experimentId,
      runId,
      parentRunId: null,
      rootRunId: runId,
      runUuid,
      runNumber: Math.floor(run.createdAt / 1000),
      runType: "azureml.promptflow.FlowRun",
      startTime: startedAt === null ? null : utc(startedAt),
      endTime: endedAt === null ? null : utc(endedAt),
      duration: durationOf(run),
      userProperties: run.properties,
    },
    internal: {},
    relationships: [],
  };
}
