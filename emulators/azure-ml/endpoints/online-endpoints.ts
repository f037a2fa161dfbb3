import { randomBytes, randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import * as z from "zod";
import {
  beginOperation,
  deletionHeaders,
  operationUrl,
} from "#emulators/azure-ml/arm/operations.ts";
import { InferencingRefusal, Refusal } from "#emulators/azure-ml/errors.ts";
import { TENANT } from "#emulators/azure-ml/place.ts";
import { present } from "#emulators/azure-ml/present.ts";
import {
  originOf,
  readBody,
  type Service,
  systemData,
  urlsFor,
} from "#emulators/azure-ml/service.ts";
import { createToken, ML_AUDIENCE } from "#emulators/azure-ml/tokens.ts";
import {
  type Endpoint,
  type EndpointSettings,
  endpointState,
  endpointsOf,
  listEndpoints,
  readEndpoint,
  refuseWhenBusy,
  requireEndpoint,
  trafficReadBack,
} from "./endpoint.ts";
import type { Serving } from "./serving.ts";
import { checkTraffic } from "./traffic.ts";

const Percentages = z.record(z.string(), z.number().int().min(0).max(100));
const TOKEN_LIFETIME_S = 3600;
const TextMap = z.record(z.string(), z.string());

const EndpointRequest = z.object({
  location: z.string(),
  tags: TextMap.nullish(),
  identity: z.object({
    type: z.string(),
    userAssignedIdentities: z.record(z.string(), z.unknown()).nullish(),
  }),
  properties: z.object({
    authMode: z.enum(["Key", "AMLToken", "AADToken"]),
    description: z.string().nullish(),
    properties: z.record(z.string(), z.string().nullable()).nullish(),
    traffic: Percentages.nullish(),
    mirrorTraffic: Percentages.nullish(),
  }),
});

const EndpointPatch = z.object({ tags: TextMap.nullish() });

export function endpointRoutes(service: Service, serving: Serving): Hono {
  const routes = new Hono();
  routes.get("/onlineEndpoints", (c) =>
    c.json({ value: listEndpoints(service).map((one) => answer(c, service, one)) }),
  );
  routes.get("/onlineEndpoints/:endpoint", (c) =>
    c.json(answer(c, service, requireEndpoint(service, c.req.param("endpoint")))),
  );
  routes.put("/onlineEndpoints/:endpoint", async (c) => {
    const endpoint = putEndpoint(service, c.req.param("endpoint"), await readBody(c));
    return c.json(answer(c, service, endpoint), 201, putHeaders(c, service, endpoint));
  });
  routes.patch("/onlineEndpoints/:endpoint", async (c) => {
    const known = requireEndpoint(service, c.req.param("endpoint"));
    const parsed = EndpointPatch.safeParse(await readBody(c));
    if (!parsed.success) throw badRequest(known.name, parsed.error);
    refuseWhenBusy(service, known);
    const next = { ...known.settings, tags: parsed.data.tags ?? known.settings.tags };
    const endpoint = begin(service, known, "Updating", next);
    return c.json(answer(c, service, endpoint), 202, putHeaders(c, service, endpoint));
  });
  routes.delete("/onlineEndpoints/:endpoint", async (c) => {
    const known = readEndpoint(service, c.req.param("endpoint"));
    if (!known) return c.body(null, 204);
    if (known.change.name !== "Deleting") refuseWhenBusy(service, known);
    const endpoint =
      known.change.name === "Deleting" ? known : begin(service, known, "Deleting", null);
    await serving.unloadEndpoint(known.name);
    return c.body(null, 202, deletionHeaders(c, service, endpoint.change.operationId));
  });
  routes.post("/onlineEndpoints/:endpoint/listKeys", (c) => {
    const { settings, keys, name } = requireEndpoint(service, c.req.param("endpoint"));
    if (settings.authMode === "Key") return c.json(keys);
    throw new Refusal(400, "UserError", `Endpoint '${name}' uses ${settings.authMode}, not keys.`);
  });
  routes.post("/onlineEndpoints/:endpoint/token", (c) => {
    const { settings, name } = requireEndpoint(service, c.req.param("endpoint"));
    if (settings.authMode === "AMLToken") return c.json(issueToken(service.clock.now()));
    throw new Refusal(
      400,
      "UserError",
      `Endpoint '${name}' uses ${settings.authMode}, not AMLToken.`,
    );
  });
  routes.post("/onlineEndpoints/:endpoint/regenerateKeys", async (c) => {
    const known = requireEndpoint(service, c.req.param("endpoint"));
    const { keyType, keyValue } = await readBody(c);
    if (keyType !== "Primary" && keyType !== "Secondary") {
      throw new Refusal(400, "BadArgument", "keyType is Primary or Secondary.");
    }
    refuseWhenBusy(service, known);
    const slot = keyType === "Primary" ? "primaryKey" : "secondaryKey";
    // azure-ai-ml sends the key that is there when it wants another one.
    const isGiven = typeof keyValue === "string" && keyValue !== known.keys[slot];
    const changed = { [slot]: isGiven && keyValue !== "" ? keyValue : createKey() };
    const keys = { ...known.keys, ...changed };
    const endpoint = begin(service, { ...known, keys }, "Updating", known.settings);
    return c.body(null, 202, putHeaders(c, service, endpoint));
  });
  return routes;
}

/** With its times in seconds since the epoch. */
function issueToken(now: number) {
  const issuedAt = Math.floor(now / 1000);
  return {
    accessToken: createToken({ audience: ML_AUDIENCE, ttlSeconds: TOKEN_LIFETIME_S, now }),
    tokenType: "Bearer",
    expiryTimeUtc: issuedAt + TOKEN_LIFETIME_S,
    refreshAfterTimeUtc: issuedAt + TOKEN_LIFETIME_S / 2,
  };
}

function putHeaders(c: Context, service: Service, { name, change }: Endpoint) {
  return {
    "azure-asyncoperation": operationUrl(c, service, "mfeOperationsStatus", change.operationId),
    location: `${originOf(c)}${service.place.id}/onlineEndpoints/${name}?api-version=2022-10-01`,
    "x-ms-async-operation-timeout": "PT30M",
  };
}

function putEndpoint(service: Service, name: string, body: Record<string, unknown>): Endpoint {
  const settings = readSettings(name, body);
  const known = readEndpoint(service, name);
  checkTraffic(service, name, settings.traffic, settings.mirrorTraffic);
  if (!known) {
    refuseWhenTaken(service, name);
    const keys = { primaryKey: createKey(), secondaryKey: createKey() };
    const createdAt = service.clock.now();
    const fresh = { name, createdAt, principalId: randomUUID(), keys, settings };
    return begin(service, fresh, "Creating", settings);
  }
  refuseWhenBusy(service, known);
  if (known.settings.authMode !== settings.authMode) {
    const message = `The authMode of endpoint '${name}' is ${known.settings.authMode} and cannot be changed.`;
    throw new Refusal(400, "BadArgument", message);
  }
  return begin(service, known, "Updating", settings);
}

/** An endpoint's name is part of a host name, so it is unique in the region. */
function refuseWhenTaken({ workspaces }: Service, name: string): void {
  if (!workspaces.some((other) => readEndpoint(other, name))) return;
  throw new InferencingRefusal("InferencingClientCallFailed", {
    "": [
      "There is already an endpoint with this name, Endpoint name needs to be unique within a region. Try some other name.",
    ],
  });
}

function begin(
  service: Service,
  endpoint: Omit<Endpoint, "change">,
  name: Endpoint["change"]["name"],
  next: EndpointSettings | null,
): Endpoint {
  const { endpointChange, endpointDelete } = service.latency;
  const isDeletion = name === "Deleting";
  const endsAt = service.clock.now() + (isDeletion ? endpointDelete : endpointChange);
  const operationId = beginOperation(service, {
    prefix: `oe:${service.place.workspaceId}:`,
    runningStatus: isDeletion ? "InProgress" : "Updating",
    endsAt,
  });
  const { traffic, mirrorTraffic } = endpoint.settings;
  const before = { traffic, mirrorTraffic };
  const changed = { ...endpoint, change: { name, operationId, endsAt, next, before } };
  endpointsOf(service).write(endpoint.name, changed);
  service.log("endpoint changing", { name: endpoint.name, change: name });
  return changed;
}

function readSettings(name: string, body: Record<string, unknown>): EndpointSettings {
  if (!/^[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,30}[a-zA-Z0-9]$/.test(name)) {
    const message = `Endpoint name '${name}' is invalid: 3 to 32 letters, digits and single hyphens, a letter first.`;
    throw new Refusal(400, "BadArgument", message);
  }
  const parsed = EndpointRequest.safeParse(body);
  if (!parsed.success) throw badRequest(name, parsed.error);
  const { location, tags, identity, properties } = parsed.data;
  return {
    location,
    tags: tags ?? {},
    identity,
    authMode: properties.authMode,
    description: properties.description ?? null,
    properties: present(properties.properties ?? {}),
    traffic: properties.traffic ?? {},
    mirrorTraffic: properties.mirrorTraffic ?? {},
  };
}

function badRequest(name: string, error: z.ZodError): Refusal {
  return new Refusal(400, "BadArgument", `Endpoint '${name}': ${z.prettifyError(error)}`);
}

function createKey(): string {
  return randomBytes(24).toString("base64url");
}

function answer(c: Context, service: Service, endpoint: Endpoint) {
  const { name, settings, principalId, createdAt } = endpoint;
  const state = endpointState(service, endpoint);
  const url = state === "Creating" ? null : urlsFor(c).endpoint(name);
  const hasOwn = settings.identity.type.includes("SystemAssigned");
  return {
    id: `${service.place.id}/onlineEndpoints/${name}`,
    name,
    type: "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
    location: settings.location,
    kind: "Managed",
    tags: settings.tags,
    identity: {
      ...settings.identity,
      ...(hasOwn ? { principalId, tenantId: TENANT } : {}),
    },
    properties: {
      authMode: settings.authMode,
      description: settings.description,
      properties: { ...settings.properties, "azureml.onlineendpointid": endpoint.principalId },
      ...trafficReadBack(service, endpoint),
      provisioningState: state,
      scoringUri: url && `${url}/score`,
      swaggerUri: url && `${url}/swagger.json`,
    },
    systemData: systemData(createdAt),
  };
}
