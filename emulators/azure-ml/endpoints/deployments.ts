import { type Context, Hono } from "hono";
import * as z from "zod";
import { type AssetVersion, readAsset } from "#emulators/azure-ml/arm/assets.ts";
import {
  beginOperation,
  deletionHeaders,
  operationUrl,
} from "#emulators/azure-ml/arm/operations.ts";
import { requireCores } from "#emulators/azure-ml/core-quota.ts";
import { notFound, Refusal } from "#emulators/azure-ml/errors.ts";
import { present } from "#emulators/azure-ml/present.ts";
import { originOf, readBody, type Service, systemData } from "#emulators/azure-ml/service.ts";
import {
  type Deployment,
  DeploymentRequest,
  deploymentsOf,
  listDeployments,
  readDeployment,
} from "./deployment.ts";
import type { DeploymentWork } from "./deployment-work.ts";
import { durationMs } from "./duration.ts";
import { refuseWhenBusy, requireEndpoint } from "./endpoint.ts";
import type { Serving } from "./serving.ts";

const PATH = "/onlineEndpoints/:endpoint/deployments";
const MOST_DEPLOYMENTS = 20;
const PROBE = {
  failureThreshold: 30,
  initialDelay: "PT10S",
  period: "PT10S",
  successThreshold: 1,
  timeout: "PT2S",
};
/** What the service says of a deployment where its request said nothing. */
const DEFAULTS = {
  appInsightsEnabled: false,
  egressPublicNetworkAccess: "Enabled",
  environmentVariables: {},
  livenessProbe: PROBE,
  readinessProbe: PROBE,
  requestSettings: {
    maxConcurrentRequestsPerInstance: 1,
    maxQueueWait: "PT0.5S",
    requestTimeout: "PT5S",
  },
  scaleSettings: { scaleType: "Default" },
};
const DeploymentPatch = z.object({ tags: z.record(z.string(), z.string()).nullish() });

export function deploymentRoutes(service: Service, work: DeploymentWork, serving: Serving): Hono {
  const routes = new Hono();
  routes.get(PATH, (c) => {
    const endpoint = requireEndpoint(service, c.req.param("endpoint"));
    const found = listDeployments(service, endpoint.name);
    return c.json({ value: found.map((one) => answer(c, service, one)) });
  });
  routes.get(`${PATH}/:name`, (c) => c.json(answer(c, service, requireDeployment(service, c))));
  routes.put(`${PATH}/:name`, async (c) => {
    const deployment = putDeployment(service, c.req.param(), await readBody(c));
    work.start(deployment);
    return c.json(answer(c, service, deployment), 201, {
      "azure-asyncoperation": lastOperation(c, service, deployment),
      location: `${originOf(c)}${idOf(service, deployment)}?api-version=2022-10-01`,
      "x-ms-async-operation-timeout": "PT2H",
    });
  });
  routes.patch(`${PATH}/:name`, async (c) => {
    const known = requireDeployment(service, c);
    const parsed = DeploymentPatch.safeParse(await readBody(c));
    if (!parsed.success) throw badRequest(known.name, parsed.error);
    const request = { ...known.request, tags: parsed.data.tags ?? known.request.tags };
    const changed = { ...known, request };
    deploymentsOf(service).write(`${known.endpoint}/${known.name}`, changed);
    return c.json(answer(c, service, changed));
  });
  routes.delete(`${PATH}/:name`, async (c) => {
    const known = readDeployment(service, c.req.param("endpoint"), c.req.param("name"));
    if (!known) return c.body(null, 204);
    const { operationId } = removeDeployment(service, known);
    await serving.unload(known.endpoint, known.name);
    return c.body(null, 202, deletionHeaders(c, service, operationId));
  });
  routes.post(`${PATH}/:name/getLogs`, async (c) => {
    const { log } = requireDeployment(service, c);
    const { tail } = await readBody(c);
    const lines = typeof tail === "number" ? log.slice(-tail) : log;
    return c.json({ content: lines.map((line) => `${line}\n`).join("") });
  });
  return routes;
}

function putDeployment(
  service: Service,
  { endpoint, name }: { endpoint: string; name: string },
  body: Record<string, unknown>,
): Deployment {
  const owner = requireEndpoint(service, endpoint);
  const request = readRequest(service, name, body);
  refuseWhenBusy(service, owner);
  const known = readDeployment(service, owner.name, name);
  if (!known && listDeployments(service, owner.name).length >= MOST_DEPLOYMENTS) {
    const message = `Endpoint '${owner.name}' has ${MOST_DEPLOYMENTS} deployments already.`;
    throw new Refusal(400, "BadArgument", message);
  }
  requireCores(service, request, known);
  const fault = service.backDoor.takeOutcome("deployment", name);
  const now = service.clock.now();
  const deployment: Deployment = {
    endpoint: owner.name,
    name: known?.name ?? name,
    request,
    createdAt: known?.createdAt ?? now,
    startedAt: now,
    operationId: beginOperation(service, {
      prefix: `od:${service.place.workspaceId}:`,
      runningStatus: "Updating",
      endsAt: null,
    }),
    revision: (known?.revision ?? 0) + 1,
    state: "Updating",
    serving: known?.serving ?? null,
    log: [],
    fault: fault
      ? { outcome: fault.outcome, ...(fault.message ? { message: fault.message } : {}) }
      : null,
    goneAt: null,
  };
  deploymentsOf(service).write(`${owner.name}/${deployment.name}`, deployment);
  service.log("deployment starting", { endpoint: owner.name, name });
  return deployment;
}

function removeDeployment(service: Service, known: Deployment): Deployment {
  if (known.state === "Deleting") return known;
  const owner = requireEndpoint(service, known.endpoint);
  const { traffic, mirrorTraffic } = owner.settings;
  const percent = (traffic[known.name] ?? 0) + (mirrorTraffic[known.name] ?? 0);
  if (percent > 0) {
    const message = `Deployment '${known.name}' has ${percent} % of the traffic of endpoint '${owner.name}'; set it to 0 before deleting it.`;
    throw new Refusal(400, "BadArgument", message);
  }
  refuseWhenBusy(service, owner);
  const goneAt = service.clock.now() + service.latency.deploymentDelete;
  const operationId = beginOperation(service, {
    prefix: `od:${service.place.workspaceId}:`,
    runningStatus: "InProgress",
    endsAt: goneAt,
  });
  const deleting: Deployment = { ...known, state: "Deleting", goneAt, operationId };
  deploymentsOf(service).write(`${known.endpoint}/${known.name}`, deleting);
  service.log("deployment deleting", { endpoint: known.endpoint, name: known.name });
  return deleting;
}

function readRequest(
  service: Service,
  name: string,
  body: Record<string, unknown>,
): DeploymentRequest {
  if (!/^[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,30}[a-zA-Z0-9]$/.test(name)) {
    const message = `Deployment name '${name}' is invalid: 3 to 32 letters, digits and single hyphens, a letter first.`;
    throw new Refusal(400, "BadArgument", message);
  }
  const parsed = DeploymentRequest.safeParse(body);
  if (!parsed.success) throw badRequest(name, parsed.error);
  const { model: reference, environmentId, requestSettings } = parsed.data.properties;
  const model = readAsset(service, "models", reference);
  if (!model) {
    const message = `Deployment '${name}': model ${reference} was not found.`;
    throw new Refusal(400, "BadArgument", message);
  }
  checkTimeout(name, requestSettings?.requestTimeout, model);
  if (typeof environmentId === "string" && !readAsset(service, "environments", environmentId)) {
    const message = `Deployment '${name}': environment ${environmentId} was not found.`;
    throw new Refusal(400, "BadArgument", message);
  }
  return parsed.data;
}

/** A model that says it is a prompt flow may take longer. */
function checkTimeout(name: string, text: string | null | undefined, model: AssetVersion): void {
  if (!text) return;
  const own = (model.properties["properties"] ?? {}) as Record<string, unknown>;
  const longestS = own["azureml.promptflow.source_flow_id"] ? 300 : 90;
  const timeoutMs = durationMs(text);
  if (timeoutMs !== undefined && timeoutMs <= longestS * 1000) return;
  const message = `Deployment '${name}': requestTimeout ${text} is not an ISO 8601 duration of at most ${longestS} seconds.`;
  throw new Refusal(400, "BadArgument", message);
}

function badRequest(name: string, error: z.ZodError): Refusal {
  return new Refusal(400, "BadArgument", `Deployment '${name}': ${z.prettifyError(error)}`);
}

function requireDeployment(service: Service, c: Context): Deployment {
  const endpoint = requireEndpoint(service, c.req.param("endpoint") ?? "");
  const name = c.req.param("name") ?? "";
  const deployment = readDeployment(service, endpoint.name, name);
  if (deployment) return deployment;
  throw notFound("Online deployment", `${endpoint.name}/${name}`);
}

function idOf({ place }: Service, { endpoint, name }: Deployment): string {
  return `${place.id}/onlineEndpoints/${endpoint}/deployments/${name}`;
}

/** Where the last creation, update or deletion tells how it went, also long after it ended. */
function lastOperation(c: Context, service: Service, { operationId }: Deployment): string {
  return operationUrl(c, service, "mfeOperationsStatus", operationId);
}

function answer(c: Context, service: Service, deployment: Deployment) {
  const { name, request, state, createdAt } = deployment;
  return {
    id: idOf(service, deployment),
    name,
    type: "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
    location: request.location,
    tags: request.tags ?? {},
    sku: {
      name: request.sku?.name ?? "Default",
      tier: "Standard",
      capacity: request.sku?.capacity ?? 1,
    },
    properties: {
      ...DEFAULTS,
      ...present(request.properties),
      requestSettings: {
        ...DEFAULTS.requestSettings,
        ...present(request.properties.requestSettings ?? {}),
      },
      properties: {
        ...present(request.properties.properties ?? {}),
        AzureAsyncOperationUri: lastOperation(c, service, deployment),
      },
      provisioningState: state,
    },
    systemData: systemData(createdAt),
  };
}
