import { Hono, type MiddlewareHandler } from "hono";
import { assetRoutes } from "./arm/assets.ts";
import { computeRoutes } from "./arm/computes.ts";
import { datastoreRoutes } from "./arm/datastores.ts";
import { pendingUploadRoutes } from "./arm/pending-uploads.ts";
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
import { Refusal } from "./errors.ts";
import { bulkRunRoutes } from "./flow-service/bulk-runs.ts";
import type { RunWork } from "./flow-service/run-work.ts";
import { runtimeRoutes } from "./flow-service/runtimes.ts";
import { sessionRoutes } from "./flow-service/sessions.ts";
import { traceSessionRoutes } from "./flow-service/trace-sessions.ts";
import { historyRoutes } from "./history.ts";
import { indexRoutes } from "./index-entities.ts";
import { metricRoutes } from "./metrics.ts";
import { WORKSPACE_PATH } from "./place.ts";
import { answerRefusals } from "./refusals.ts";
import type { Service } from "./service.ts";
import { ML_AUDIENCE, tokenProblem } from "./tokens.ts";

interface Workers {
  readonly runWork: RunWork;
  readonly deploymentWork: DeploymentWork;
  readonly serving: Serving;
}

/** What is answered below the paths of one workspace, on all planes, and at its endpoints. */
export function createWorkspaceSurface(service: Service, workers: Workers): Hono {
  const { runWork, deploymentWork, serving } = workers;
  const app = new Hono({ getPath: (request) => canonicalPath(request.url) });
  for (const path of ["BulkRuns/submit", "FlowSessions/:session"]) {
    app.post(`/flow/api${WORKSPACE_PATH}/${path}`, requireUserToken(service));
  }
  app.route("/", workspaceRoutes(service));
  app.route(WORKSPACE_PATH, datastoreRoutes(service));
  app.route(WORKSPACE_PATH, computeRoutes(service));
  for (const kind of ["models", "environments", "codes", "data"] as const) {
    app.route(WORKSPACE_PATH, assetRoutes(service, kind));
  }
  app.route(WORKSPACE_PATH, pendingUploadRoutes(service));
  app.route(WORKSPACE_PATH, armConnectionRoutes(service));
  app.route(WORKSPACE_PATH, endpointRoutes(service, serving));
  app.route(WORKSPACE_PATH, deploymentRoutes(service, deploymentWork, serving));
  app.route("/", scoringRoutes(service, serving));
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
  answerRefusals(app, service);
  return app;
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
