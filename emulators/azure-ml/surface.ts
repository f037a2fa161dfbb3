import { randomUUID } from "node:crypto";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { assetRoutes } from "./arm/assets.ts";
import { computeRoutes } from "./arm/computes.ts";
import { datastoreRoutes } from "./arm/datastores.ts";
import { identityRoutes } from "./arm/identities.ts";
import { locationRoutes } from "./arm/locations.ts";
import { operationRoutes } from "./arm/operations.ts";
import { roleAssignmentRoutes } from "./arm/role-assignments.ts";
import { workspaceRoutes } from "./arm/workspace.ts";
import { canonicalPath } from "./canonical-path.ts";
import { armConnectionRoutes, flowConnectionRoutes } from "./connections/connection-routes.ts";
import { contentRoutes } from "./content.ts";
import { dataAssetRoutes } from "./data-assets.ts";
import type { DeploymentWork } from "./endpoints/deployment-work.ts";
import { deploymentRoutes } from "./endpoints/deployments.ts";
import { endpointRoutes } from "./endpoints/online-endpoints.ts";
import { scoringRoutes } from "./endpoints/scoring.ts";
import type { Serving } from "./endpoints/serving.ts";
import { armErrorAnswer, mlError, Refusal } from "./errors.ts";
import { bulkRunRoutes } from "./flow-service/bulk-runs.ts";
import type { RunWork } from "./flow-service/run-work.ts";
import { runtimeRoutes } from "./flow-service/runtimes.ts";
import { sessionRoutes } from "./flow-service/sessions.ts";
import { traceSessionRoutes } from "./flow-service/trace-sessions.ts";
import { signInRoutes } from "./front/sign-in.ts";
import { historyRoutes } from "./history.ts";
import { indexRoutes } from "./index-entities.ts";
import { metricRoutes } from "./metrics.ts";
import { WORKSPACE_PATH } from "./place.ts";
import { type Service, utc } from "./service.ts";
import { ARM_AUDIENCE, ML_AUDIENCE, tokenProblem } from "./tokens.ts";

const DATA_PLANES = [
  "flow/api",
  "history/v1.0",
  "metric/v2.0",
  "data/v1.0",
  "index/v1.0",
  "content/v2.0",
];
const ABOUT =
  "An emulator of Azure Machine Learning for one workspace: ARM, the prompt flow service, run history, metrics and managed online endpoints. Get a token from POST /_emulator/token.\n";

interface Workers {
  readonly runWork: RunWork;
  readonly deploymentWork: DeploymentWork;
  readonly serving: Serving;
}

/** Everything that the emulated service answers; the back door is outside of it. */
export function createSurface(service: Service, workers: Workers): Hono {
  const { runWork, deploymentWork, serving } = workers;
  const app = new Hono({ getPath: (request) => canonicalPath(request.url) });
  app.get("/", (c) => c.text(ABOUT));
  app.use("/subscriptions/*", armHeaders, requireToken(service), requireApiVersion);
  app.use(`${WORKSPACE_PATH}/*`, requireWorkspace(service));
  for (const prefix of DATA_PLANES) {
    app.use(`/${prefix}/*`, mlHeaders, requireToken(service));
    app.use(`/${prefix}${WORKSPACE_PATH}/*`, requireWorkspace(service));
  }
  for (const path of ["BulkRuns/submit", "FlowSessions/:session"]) {
    app.post(`/flow/api${WORKSPACE_PATH}/${path}`, requireUserToken(service));
  }
  app.route("/", operationRoutes(service));
  app.route("/", identityRoutes(service));
  app.route("/", roleAssignmentRoutes(service));
  app.route("/", locationRoutes(service));
  app.route("/", workspaceRoutes(service));
  app.route(WORKSPACE_PATH, datastoreRoutes(service));
  app.route(WORKSPACE_PATH, computeRoutes(service));
  for (const kind of ["models", "environments", "codes", "data"] as const) {
    app.route(WORKSPACE_PATH, assetRoutes(service, kind));
  }
  app.route(WORKSPACE_PATH, armConnectionRoutes(service));
  app.route(WORKSPACE_PATH, endpointRoutes(service, serving));
  app.route(WORKSPACE_PATH, deploymentRoutes(service, deploymentWork, serving));
  app.route("/", scoringRoutes(service, serving));
  app.route("/", signInRoutes(service));
  app.route(`/flow/api${WORKSPACE_PATH}`, bulkRunRoutes(service, runWork));
  app.route(`/flow/api${WORKSPACE_PATH}`, runtimeRoutes(service));
  app.route(`/flow/api${WORKSPACE_PATH}`, sessionRoutes(service));
  app.route(`/flow/api${WORKSPACE_PATH}`, traceSessionRoutes(service));
  app.route(`/flow/api${WORKSPACE_PATH}`, flowConnectionRoutes(service));
  app.route(`/history/v1.0${WORKSPACE_PATH}`, historyRoutes(service));
  app.route(`/metric/v2.0${WORKSPACE_PATH}`, metricRoutes(service));
  app.route(`/data/v1.0${WORKSPACE_PATH}`, dataAssetRoutes(service));
  app.route(`/index/v1.0${WORKSPACE_PATH}`, indexRoutes(service));
  app.route(`/content/v2.0${WORKSPACE_PATH}`, contentRoutes(service));
  app.notFound((c) => {
    const message = `${c.req.method} ${c.req.path} is not emulated.`;
    return refuse(service, c, new Refusal(404, "InvalidResourceType", message));
  });
  app.onError((error, c) => {
    if (error instanceof Refusal) return refuse(service, c, error);
    service.log("request failed", { path: c.req.path, message: error.message });
    return refuse(service, c, new Refusal(500, "InternalServerError", error.message));
  });
  return app;
}

const armHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  const id = randomUUID();
  const kind = c.req.method === "GET" ? "reads" : c.req.method === "DELETE" ? "deletes" : "writes";
  c.header("x-ms-request-id", id);
  c.header("x-ms-correlation-request-id", c.req.header("x-ms-correlation-request-id") ?? id);
  c.header("x-ms-routing-request-id", `EMULATOR:${id}`);
  c.header(`x-ms-ratelimit-remaining-subscription-${kind}`, "11999");
};

const mlHeaders: MiddlewareHandler = async (c, next) => {
  const start = performance.now();
  await next();
  c.header("x-ms-client-request-id", c.req.header("x-ms-client-request-id") ?? randomUUID());
  c.header("x-ms-response-type", c.res.status < 400 ? "standard" : "error");
  c.header("x-request-time", ((performance.now() - start) / 1000).toFixed(3));
};

function requireToken({ clock }: Service): MiddlewareHandler {
  return async (c, next) => {
    const token = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const problem = token
      ? tokenProblem(token, ARM_AUDIENCE, clock.now())
      : "Authentication failed. The 'Authorization' header is missing or has no bearer token.";
    if (problem) throw new Refusal(401, "InvalidAuthenticationToken", problem);
    await next();
  };
}

/** Without it a session cannot act as the caller. */
function requireUserToken({ clock }: Service): MiddlewareHandler {
  return async (c, next) => {
    const token = c.req.header("aml-user-token");
    const problem = token
      ? tokenProblem(token, ML_AUDIENCE, clock.now())
      : "The 'aml-user-token' header is missing.";
    if (problem) throw new Refusal(401, "InvalidAuthenticationToken", problem);
    await next();
  };
}

const requireApiVersion: MiddlewareHandler = async (c, next) => {
  if (!c.req.query("api-version")) {
    const message = "The api-version query parameter (?api-version=) is required for all requests.";
    throw new Refusal(400, "MissingApiVersionParameter", message);
  }
  await next();
};

function requireWorkspace({ place }: Service): MiddlewareHandler {
  return async (c, next) => {
    const { subscription, resourceGroup, workspace }: Record<string, string> = c.req.param();
    if (!same(subscription, place.subscription)) {
      const message = `The subscription '${subscription}' could not be found.`;
      throw new Refusal(404, "SubscriptionNotFound", message);
    }
    if (!same(resourceGroup, place.resourceGroup)) {
      const message = `Resource group '${resourceGroup}' could not be found.`;
      throw new Refusal(404, "ResourceGroupNotFound", message);
    }
    if (!same(workspace, place.workspace)) {
      const message = `The Resource 'Microsoft.MachineLearningServices/workspaces/${workspace}' under resource group '${resourceGroup}' was not found.`;
      throw new Refusal(404, "ResourceNotFound", message);
    }
    await next();
  };
}

function same(given: string | undefined, ours: string): boolean {
  return given?.toLowerCase() === ours.toLowerCase();
}

function refuse(service: Service, c: Context, refusal: Refusal): Response {
  const status = refusal.status as 400;
  const plane = DATA_PLANES.find((prefix) => c.req.path.startsWith(`/${prefix}/`));
  if (!plane) return c.json(armErrorAnswer(refusal), status);
  const body = mlError(service.place, {
    message: refusal.message,
    messageParameters: refusal.messageParameters,
    code: refusal.status < 500 ? "UserError" : "SystemError",
    innerCodes: [refusal.code],
    componentName: plane === "flow/api" ? "PromptFlowService" : "run-history",
    time: utc(service.clock.now()),
  });
  return c.json({ ...body, statusCode: refusal.status }, status);
}
