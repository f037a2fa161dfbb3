import { type Context, Hono } from "hono";
import * as z from "zod";
import { machineProblem } from "#emulators/azure-ml/core-quota.ts";
import { notFound, Refusal } from "#emulators/azure-ml/errors.ts";
import { CALLER, TENANT } from "#emulators/azure-ml/place.ts";
import { readBody, type Service } from "#emulators/azure-ml/service.ts";
import {
  type Change,
  type Compute,
  ComputeRequest,
  computesOf,
  isChanging,
  listComputes,
  machineState,
  readCompute,
} from "./compute.ts";
import { identitiesOf } from "./identities.ts";
import { beginOperation, operationUrl } from "./operations.ts";

export function computeRoutes(service: Service): Hono {
  const routes = new Hono();
  routes.get("/computes", (c) =>
    c.json({ value: listComputes(service).map((compute) => answer(service, compute)) }),
  );
  routes.get("/computes/:name", (c) =>
    c.json(answer(service, requireCompute(service, c.req.param("name")))),
  );
  routes.put("/computes/:name", async (c) => {
    const name = c.req.param("name");
    const request = readRequest(service, name, await readBody(c));
    const known = readCompute(service, name);
    if (known) refuseWhenChanging(service, known);
    const base = { name, request, createdAt: known?.createdAt ?? service.clock.now() };
    const compute = begin(service, base, "Create", service.latency.computeCreate);
    return c.json(answer(service, compute), known ? 200 : 201, statusHeader(c, service, compute));
  });
  for (const change of ["Start", "Stop", "Restart"] as const) {
    routes.post(`/computes/:name/${change.toLowerCase()}`, (c) => {
      const known = requireCompute(service, c.req.param("name"));
      refuseWhenChanging(service, known);
      const compute = begin(service, known, change, service.latency.computeChange);
      return c.body(null, 202, statusHeader(c, service, compute));
    });
  }
  routes.delete("/computes/:name", (c) => {
    const action = c.req.query("underlyingResourceAction");
    if (action !== "Delete" && action !== "Detach") {
      const message = "underlyingResourceAction is Delete or Detach.";
      throw new Refusal(400, "InvalidQueryParameter", message);
    }
    const known = requireCompute(service, c.req.param("name"));
    const compute =
      known.change.name === "Delete"
        ? known
        : begin(service, known, "Delete", service.latency.computeDelete);
    const headers = statusHeader(c, service, compute);
    return c.body(null, 202, { ...headers, location: headers["azure-asyncoperation"] });
  });
  return routes;
}

function requireCompute(service: Service, name: string): Compute {
  const compute = readCompute(service, name);
  if (compute) return compute;
  throw notFound("Compute", name);
}

function refuseWhenChanging(service: Service, compute: Compute): void {
  if (!isChanging(service, compute)) return;
  const message = `Compute '${compute.name}' is in the middle of ${compute.change.name}; wait for it to end.`;
  throw new Refusal(409, "Conflict", message);
}

function begin(
  service: Service,
  compute: Omit<Compute, "change">,
  name: Change,
  durationMs: number,
): Compute {
  const fault =
    name === "Create" ? service.backDoor.takeOutcome("compute", compute.name) : undefined;
  const startedAt = service.clock.now();
  const endsAt = fault?.outcome === "never" ? null : startedAt + durationMs;
  const message = fault?.message ?? "The compute instance could not be allocated.";
  const error =
    fault?.outcome === "failed"
      ? { code: "AllocationFailed", message }
      : name === "Create" && !computesOf(service).read(compute.name)
        ? machineProblem(service, compute.request.properties.properties.vmSize)
        : null;
  const operationId = beginOperation(service, { runningStatus: "InProgress", endsAt, error });
  const changed = { ...compute, change: { name, operationId, startedAt, endsAt, error } };
  computesOf(service).write(compute.name, changed);
  service.log("compute changing", { name: compute.name, change: name });
  return changed;
}

function statusHeader(c: Context, service: Service, { change }: Compute) {
  const url = operationUrl(c, service, "computeOperationsStatus", change.operationId);
  return { "azure-asyncoperation": url };
}

function readRequest(
  service: Service,
  name: string,
  body: Record<string, unknown>,
): ComputeRequest {
  if (!/^[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/.test(name)) {
    const message = `Compute name '${name}' is invalid: 3 to 24 letters, digits and hyphens, a letter first.`;
    throw new Refusal(400, "InvalidComputeName", message);
  }
  const parsed = ComputeRequest.safeParse(body);
  if (!parsed.success) {
    const message = `Compute '${name}': ${z.prettifyError(parsed.error)}`;
    throw new Refusal(400, "InvalidRequestContent", message);
  }
  for (const id of Object.keys(parsed.data.identity?.userAssignedIdentities ?? {})) {
    if (identitiesOf(service).read(id)) continue;
    const message = `The user-assigned identity '${id}' of compute '${name}' does not exist.`;
    throw new Refusal(400, "FailedIdentityOperation", message);
  }
  return parsed.data;
}

function provisioningState(service: Service, compute: Compute): string {
  const { name, error } = compute.change;
  if (name === "Delete") return "Deleting";
  if (name !== "Create") return "Succeeded";
  if (isChanging(service, compute)) return "Creating";
  return error ? "Failed" : "Succeeded";
}

function answer(service: Service, compute: Compute) {
  const { name, request, createdAt, change } = compute;
  const state = machineState(service, compute);
  const over = !isChanging(service, compute);
  const status = change.error ? `${change.name}Failed` : "Succeeded";
  const errors = over && change.error ? [{ error: change.error }] : null;
  return {
    id: `${service.place.id}/computes/${name}`,
    name,
    type: "Microsoft.MachineLearningServices/workspaces/computes",
    location: request.location,
    tags: request.tags ?? {},
    identity: request.identity ?? null,
    properties: {
      computeType: "ComputeInstance",
      provisioningState: provisioningState(service, compute),
      provisioningErrors: errors,
      createdOn: new Date(createdAt).toISOString(),
      modifiedOn: new Date(change.startedAt).toISOString(),
      isAttachedCompute: false,
      properties: {
        ...request.properties.properties,
        vmSize: request.properties.properties.vmSize.toUpperCase(),
        state: state === "Creating" ? null : state,
        errors: errors ?? [],
        createdBy: { userId: CALLER, userOrgId: TENANT, userName: "emulator" },
        lastOperation: {
          operationName: change.name,
          operationTime: new Date(change.startedAt).toISOString(),
          operationStatus: over ? status : "InProgress",
          operationTrigger: "User",
        },
      },
    },
  };
}
