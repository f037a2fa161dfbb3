import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import { Hono } from "hono";
import { type ArmErrorBody, notFound } from "#emulators/azure-ml/errors.ts";
import { originOf, type Region, type Service } from "#emulators/azure-ml/service.ts";
import type { Collection } from "#emulators/azure-ml/store/documents.ts";

/** A long-running operation, as its status URL tells it. */
interface Operation {
  readonly id: string;
  /** `InProgress`, or `Updating` where endpoints and deployments leave ARM's own list. */
  readonly runningStatus: string;
  readonly startedAt: number;
  /** Null while nobody knows, or when it never ends. */
  readonly endsAt: number | null;
  readonly error: ArmErrorBody | null;
  /** The first answer is never the last one, however short the operation. */
  readonly polled: boolean;
}

const LOCATION_PATH =
  "/subscriptions/:subscription/providers/Microsoft.MachineLearningServices/locations/:location";

export function operationRoutes(region: Region): Hono {
  const routes = new Hono();
  for (const family of ["computeOperationsStatus", "mfeOperationsStatus"]) {
    routes.get(`${LOCATION_PATH}/${family}/:id`, (c) =>
      c.json(readOperation(region, c.req.param("id"))),
    );
  }
  routes.get(`${LOCATION_PATH}/mfeOperationResults/:id`, (c) => {
    const { status } = readOperation(region, c.req.param("id"));
    return c.body(null, status === "Succeeded" || status === "Failed" ? 204 : 202);
  });
  return routes;
}

function operationsOf(region: Region): Collection<Operation> {
  return region.shared.collection<Operation>("operation");
}

/** Writes a new operation and answers its id, which begins with `prefix`. */
export function beginOperation(
  region: Region,
  operation: Pick<Operation, "runningStatus" | "endsAt"> & {
    readonly prefix?: string;
    readonly error?: ArmErrorBody | null;
  },
): string {
  const { prefix = "", runningStatus, endsAt, error = null } = operation;
  const id = prefix + randomUUID();
  const startedAt = region.clock.now();
  operationsOf(region).write(id, { id, runningStatus, startedAt, endsAt, error, polled: false });
  return id;
}

/** Answers the status and remembers that it was asked for. Throws 404 for an unknown id. */
export function readOperation(region: Region, id: string) {
  const operation = operationsOf(region).read(id);
  if (!operation) throw notFound("Operation", id);
  if (!operation.polled) operationsOf(region).write(id, { ...operation, polled: true });
  const { endsAt, error, startedAt } = operation;
  const over = operation.polled && endsAt !== null && endsAt <= region.clock.now();
  const named = { id, name: id, startTime: new Date(startedAt).toISOString() };
  if (!over) return { ...named, status: operation.runningStatus, percentComplete: 0 };
  const ended = { ...named, endTime: new Date(endsAt).toISOString(), percentComplete: 100 };
  return error ? { ...ended, status: "Failed", error } : { ...ended, status: "Succeeded" };
}

/** Ends an operation now, with or without an error; one that has ended keeps its end. */
export function finishOperation(region: Region, id: string, error: ArmErrorBody | null = null) {
  const operation = operationsOf(region).read(id);
  const now = region.clock.now();
  if (!operation || (operation.endsAt !== null && operation.endsAt <= now)) return;
  operationsOf(region).write(id, { ...operation, endsAt: now, error });
}

/** The absolute URLs that a client polls; they are on the host the client spoke to. */
export function operationUrl(c: Context, service: Service, family: string, id: string): string {
  const { subscription, location } = service.place;
  return `${originOf(c)}/subscriptions/${subscription}/providers/Microsoft.MachineLearningServices/locations/${location}/${family}/${id}?api-version=2022-10-01&service=new`;
}

/** Of a 202 to the deletion of an endpoint or a deployment. */
export function deletionHeaders(c: Context, service: Service, id: string) {
  return {
    "azure-asyncoperation": operationUrl(c, service, "mfeOperationsStatus", id),
    location: operationUrl(c, service, "mfeOperationResults", id),
    "x-ms-async-operation-timeout": "PT30M",
  };
}
