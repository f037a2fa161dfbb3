import { Hono } from "hono";
import * as z from "zod";
import { computeProblem } from "#emulators/azure-ml/arm/compute.ts";
import {
  beginOperation,
  finishOperation,
  readOperation,
} from "#emulators/azure-ml/arm/operations.ts";
import { Refusal } from "#emulators/azure-ml/errors.ts";
import { CALLER, TENANT } from "#emulators/azure-ml/place.ts";
import { originOf, readBody, type Service } from "#emulators/azure-ml/service.ts";
import type { Collection } from "#emulators/azure-ml/store/documents.ts";
import { isOnRuntime, isTerminal, type Run, runsOf } from "./run.ts";

const SessionRequest = z.object({
  action: z.enum(["Install", "Reset", "Update", "Delete"]).nullish(),
  vmSize: z.string().nullish(),
  computeName: z.string().nullish(),
  identity: z.string().nullish(),
  maxIdleTimeSeconds: z.number().nullish(),
  baseImage: z.string().nullish(),
  pythonPipRequirements: z.array(z.string()).nullish(),
});
type SessionRequest = z.infer<typeof SessionRequest>;

export interface Session {
  readonly sessionId: string;
  readonly request: SessionRequest;
  /** Made by the service for a run, and gone after it. */
  readonly automatic: boolean;
  readonly createdAt: number;
  /** Null: it never comes up. */
  readonly readyAt: number | null;
  readonly error: string | null;
  readonly goneAt: number | null;
  readonly operationId: string;
}

export function sessionRoutes(service: Service): Hono {
  const routes = new Hono();
  routes.post("/FlowSessions/:sessionId", async (c) => {
    const sessionId = c.req.param("sessionId");
    const request = readRequest(await readBody(c));
    if (request.action === "Delete") {
      removeSession(service, requireSession(service, sessionId));
      return c.body(null, 202);
    }
    const known = readSession(service, sessionId);
    if (known && known.goneAt !== null) throw conflict(sessionId);
    if (known && stateOf(service, known) === "Ready" && request.action !== "Reset") {
      return c.json(sessionAnswer(service, known));
    }
    const session =
      known && stateOf(service, known) === "Starting"
        ? known
        : createSession(service, sessionId, request, false);
    const url = `${originOf(c)}/flow/api${service.place.id}/FlowSessions/${sessionId}/${request.action ?? "Install"}/locations/${service.place.location}/operations/${session.operationId}?api-version=1.0.0&type=Session`;
    return c.body(null, 202, { "azure-asyncoperation": url });
  });
  routes.get("/FlowSessions/:sessionId/:action/locations/:location/operations/:operation", (c) =>
    c.json(readOperation(service, c.req.param("operation"))),
  );
  routes.get("/FlowSessions/standbypools", (c) => c.json([]));
  routes.get("/FlowSessions/:sessionId/pipPackages", (c) => {
    const { request } = requireSession(service, c.req.param("sessionId"));
    return c.json((request.pythonPipRequirements ?? []).join("\n"));
  });
  routes.get("/FlowSessions/:sessionId", (c) =>
    c.json(sessionAnswer(service, requireSession(service, c.req.param("sessionId")))),
  );
  routes.delete("/FlowSessions/:sessionId", (c) => {
    removeSession(service, requireSession(service, c.req.param("sessionId")));
    return c.body(null, 202);
  });
  return routes;
}

function sessionsOf(service: Service): Collection<Session> {
  return service.documents.collection<Session>("session");
}

function readSession(service: Service, sessionId: string): Session | undefined {
  const session = sessionsOf(service).read(sessionId);
  if (!session || session.goneAt === null || session.goneAt > service.clock.now()) return session;
  sessionsOf(service).remove(sessionId);
  return undefined;
}

export function listSessions(service: Service): Session[] {
  return sessionsOf(service)
    .list()
    .flatMap(({ sessionId }) => readSession(service, sessionId) ?? []);
}

export function stateOf(
  service: Service,
  session: Session,
): "Starting" | "Ready" | "Failed" | "Deleting" {
  if (session.goneAt !== null) return "Deleting";
  if (session.readyAt === null || session.readyAt > service.clock.now()) return "Starting";
  return session.error === null ? "Ready" : "Failed";
}

/** The session that a run waits for: its own, or one made for it. Undefined for a run on a runtime. */
export function ensureSession(service: Service, { runId, submit }: Run): Session | undefined {
  if (isOnRuntime(submit)) return undefined;
  const sessionId = submit.sessionId || `automatic-${runId}`;
  const known = readSession(service, sessionId);
  if (known) return known;
  const { vmSize, computeName, identity } = submit;
  return createSession(service, sessionId, { vmSize, computeName, identity }, true);
}

/** Why a run cannot use this session, or undefined. */
export function sessionProblem(service: Service, sessionId: string): string | undefined {
  const session = readSession(service, sessionId);
  if (!session || session.goneAt !== null) return `Session ${sessionId} was deleted.`;
  if (session.error !== null) return session.error;
  return session.request.computeName
    ? computeProblem(service, session.request.computeName)
    : undefined;
}

/** An automatic session ends with the last run that uses it. */
export function releaseSession(service: Service, { runId, submit }: Run): void {
  const sessionId = submit.sessionId || `automatic-${runId}`;
  const session = readSession(service, sessionId);
  if (!session?.automatic) return;
  const isUsed = runsOf(service)
    .list()
    .some((run) => run.submit.sessionId === sessionId && !isTerminal(run));
  if (!isUsed) sessionsOf(service).remove(sessionId);
}

function createSession(
  service: Service,
  sessionId: string,
  request: SessionRequest,
  automatic: boolean,
): Session {
  const now = service.clock.now();
  const fault = service.backDoor.takeOutcome("session", sessionId);
  const readyAt = fault?.outcome === "never" ? null : now + service.latency.sessionStart;
  const error = fault?.outcome === "failed" ? (fault.message ?? "Session setup failed.") : null;
  const operationId = beginOperation(service, {
    runningStatus: "InProgress",
    endsAt: readyAt,
    error: error === null ? null : { code: "SessionSetupFailed", message: error },
  });
  const session = {
    sessionId,
    request,
    automatic,
    createdAt: now,
    readyAt,
    error,
    goneAt: null,
    operationId,
  };
  sessionsOf(service).write(sessionId, session);
  service.log("session starting", { sessionId, automatic });
  return session;
}

function removeSession(service: Service, session: Session): void {
  if (session.goneAt !== null) return;
  const goneAt = service.clock.now() + service.latency.sessionStop;
  sessionsOf(service).write(session.sessionId, { ...session, goneAt });
  finishOperation(service, session.operationId, {
    code: "SessionDeleted",
    message: `Session ${session.sessionId} was deleted.`,
  });
  service.log("session deleting", { sessionId: session.sessionId });
}

function requireSession(service: Service, sessionId: string): Session {
  const session = readSession(service, sessionId);
  if (session) return session;
  throw new Refusal(404, "SessionNotFound", `Session ${sessionId} was not found.`, { sessionId });
}

function conflict(sessionId: string): Refusal {
  return new Refusal(
    409,
    "SessionConflict",
    `Session ${sessionId} is being deleted; try again later.`,
  );
}

function readRequest(body: Record<string, unknown>): SessionRequest {
  const parsed = SessionRequest.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, "BadArgument", `FlowSessions: ${z.prettifyError(parsed.error)}`);
}

function sessionAnswer({ place }: Service, { sessionId, request, createdAt }: Session) {
  return {
    properties: {
      sessionId,
      subscriptionId: place.subscription,
      resourceGroupName: place.resourceGroup,
      workspaceName: place.workspace,
      existingUserComputeInstanceName: request.computeName ?? null,
      userObjectId: CALLER,
      userTenantId: TENANT,
      vmSize: request.vmSize ?? null,
      maxIdleTimeSeconds: request.maxIdleTimeSeconds ?? 3600,
      applications: [],
      lastAliveTime: new Date(createdAt).toISOString(),
    },
    compute: null,
  };
}
