import { createHmac, randomUUID } from "node:crypto";
import type { Context } from "hono";
import { Hono } from "hono";
import { type ArmErrorBody, notFound, Refusal } from "#emulators/azure-ml/errors.ts";
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
  /** Signs the URLs that tell of it. */
  readonly secret: string;
  /** The first answer is never the last one, however short the operation. */
  readonly polled: boolean;
}

/** ARM tells time in ticks of 100 ns since the year 1. */
const TICKS_PER_MS = 10_000n;
const TICKS_AT_EPOCH = 621_355_968_000_000_000n;

const LOCATION_PATH =
  "/subscriptions/:subscription/providers/Microsoft.MachineLearningServices/locations/:location";

export function operationRoutes(region: Region): Hono {
  const routes = new Hono();
  for (const family of ["computeOperationsStatus", "mfeOperationsStatus"]) {
    routes.get(`${LOCATION_PATH}/${family}/:id`, (c) => {
      requireSignature(c, region, family, c.req.param("id"));
      return c.json(readOperation(region, c.req.param("id")));
    });
  }
  routes.get(`${LOCATION_PATH}/mfeOperationResults/:id`, (c) => {
    requireSignature(c, region, "mfeOperationResults", c.req.param("id"));
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
  const secret = randomUUID();
  const begun = { id, runningStatus, startedAt, endsAt, error, secret, polled: false };
  operationsOf(region).write(id, begun);
  return id;
}

/** Answers the status and remembers that it was asked for. Throws 404 for an unknown id. */
export function readOperation(region: Region, id: string) {
  const operation = requireOperation(region, id);
  if (!operation.polled) operationsOf(region).write(id, { ...operation, polled: true });
  const { endsAt, error, startedAt } = operation;
  const over = operation.polled && endsAt !== null && endsAt <= region.clock.now();
  const named = { id, name: id, startTime: new Date(startedAt).toISOString() };
  if (!over) return { ...named, status: operation.runningStatus, percentComplete: 0 };
  const ended = { ...named, endTime: new Date(endsAt).toISOString(), percentComplete: 100 };
  return error ? { ...ended, status: "Failed", error } : { ...ended, status: "Succeeded" };
}

function requireOperation(region: Region, id: string): Operation {
  const operation = operationsOf(region).read(id);
  if (operation) return operation;
  throw notFound("Operation", id);
}

/** Ends an operation now, with or without an error; one that has ended keeps its end. */
export function finishOperation(region: Region, id: string, error: ArmErrorBody | null = null) {
  const operation = operationsOf(region).read(id);
  const now = region.clock.now();
  if (!operation || (operation.endsAt !== null && operation.endsAt <= now)) return;
  // Whoever reads the resource that failed is led here for the reason.
  const polled = operation.polled || error !== null;
  operationsOf(region).write(id, { ...operation, endsAt: now, error, polled });
}

/** The absolute URLs that a client polls, signed as ARM signs them; they are on the host the client spoke to. */
export function operationUrl(c: Context, service: Service, family: string, id: string): string {
  const { subscription, location } = service.place;
  const { startedAt, secret } = requireOperation(service, id);
  const query = new URLSearchParams({
    "api-version": "2022-10-01",
    service: "new",
    t: String(BigInt(startedAt) * TICKS_PER_MS + TICKS_AT_EPOCH),
    c: signatureOf(secret, "certificate"),
    s: signatureOf(secret, family),
    h: signatureOf(secret, "hash").slice(0, 43),
  });
  return `${originOf(c)}/subscriptions/${subscription}/providers/Microsoft.MachineLearningServices/locations/${location}/${family}/${id}?${query}`;
}

/** A URL that a client made up lacks what only the service can put in. */
function requireSignature(c: Context, region: Region, family: string, id: string): void {
  const { secret } = requireOperation(region, id);
  if (c.req.query("s") === signatureOf(secret, family)) return;
  const message = `The URL of operation '${id}' is not signed; ask for the one in the header of the answer, as it is.`;
  throw new Refusal(400, "InvalidOperationUrl", message);
}

function signatureOf(secret: string, what: string): string {
  return createHmac("sha512", secret).update(what).digest("base64url");
}

/** Of a 202 to the deletion of an endpoint or a deployment. */
export function deletionHeaders(c: Context, service: Service, id: string) {
  return {
    "azure-asyncoperation": operationUrl(c, service, "mfeOperationsStatus", id),
    location: operationUrl(c, service, "mfeOperationResults", id),
    "x-ms-async-operation-timeout": "PT30M",
  };
}
