import { randomUUID } from "node:crypto";
import { Hono, type MiddlewareHandler } from "hono";
import { identityRoutes } from "./arm/identities.ts";
import { locationRoutes } from "./arm/locations.ts";
import { operationRoutes } from "./arm/operations.ts";
import { roleAssignmentRoutes } from "./arm/role-assignments.ts";
import { workspaceListRoutes } from "./arm/workspace.ts";
import { canonicalPath } from "./canonical-path.ts";
import { readEndpoint } from "./endpoints/endpoint.ts";
import { GatewayRefusal } from "./errors.ts";
import { signInRoutes } from "./front/sign-in.ts";
import { WORKSPACE_PATH } from "./place.ts";
import { answerRefusals, DATA_PLANES } from "./refusals.ts";
import type { Region } from "./service.ts";
import { ARM_AUDIENCE, tokenProblem } from "./tokens.ts";
import type { Workspace } from "./workspace.ts";

interface Found {
  Variables: { workspace: Workspace };
}

const ABOUT =
  "An emulator of Azure Machine Learning: ARM, the prompt flow service, run history, metrics and managed online endpoints. Get a token from POST /_emulator/token.\n";

/** Everything that the emulated service answers; the back door is outside of it. */
export function createSurface(region: Region, workspaces: readonly Workspace[]): Hono<Found> {
  const app = new Hono<Found>({ getPath: (request) => canonicalPath(request.url) });
  app.get("/", (c) => c.text(ABOUT));
  app.use("/subscriptions/*", armHeaders, requireToken(region), requireApiVersion);
  for (const prefix of DATA_PLANES) {
    app.use(`/${prefix}/*`, mlHeaders, requireToken(region));
  }
  const roots = ["", ...DATA_PLANES.map((prefix) => `/${prefix}`)];
  for (const root of roots) app.use(`${root}${WORKSPACE_PATH}/*`, findWorkspace(workspaces));
  app.route("/", operationRoutes(region));
  app.route("/", identityRoutes(region));
  app.route("/", roleAssignmentRoutes(region));
  app.route("/", locationRoutes(region));
  app.route("/", workspaceListRoutes(region));
  app.route("/", signInRoutes(region));
  for (const root of roots) {
    app.all(`${root}${WORKSPACE_PATH}/*`, (c) => c.var.workspace.surface.fetch(c.req.raw));
  }
  app.all("/endpoints/:endpoint/*", (c) => {
    const name = c.req.param("endpoint");
    const owner = workspaces.find(({ service }) => readEndpoint(service, name)) ?? workspaces[0];
    return owner ? owner.surface.fetch(c.req.raw) : c.notFound();
  });
  answerRefusals(app, region);
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

function requireToken({ clock }: Region): MiddlewareHandler {
  return async (c, next) => {
    const token = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const problem = token
      ? tokenProblem(token, ARM_AUDIENCE, clock.now())
      : "Authentication failed. The 'Authorization' header is missing or has no bearer token.";
    if (problem) throw new GatewayRefusal(401, "InvalidAuthenticationToken", problem);
    await next();
  };
}

const requireApiVersion: MiddlewareHandler = async (c, next) => {
  if (!c.req.query("api-version")) {
    const message = "The api-version query parameter (?api-version=) is required for all requests.";
    throw new GatewayRefusal(400, "MissingApiVersionParameter", message);
  }
  await next();
};

/** Hands on the workspace that a path names. Throws ARM's 404 for one that is not there. */
function findWorkspace(workspaces: readonly Workspace[]): MiddlewareHandler<Found> {
  return async (c, next) => {
    const { subscription, resourceGroup, workspace }: Record<string, string> = c.req.param();
    const inSubscription = workspaces.filter(({ service: { place } }) =>
      same(subscription, place.subscription),
    );
    if (inSubscription.length === 0) {
      const message = `The subscription '${subscription}' could not be found.`;
      throw new GatewayRefusal(404, "SubscriptionNotFound", message);
    }
    const inGroup = inSubscription.filter(({ service: { place } }) =>
      same(resourceGroup, place.resourceGroup),
    );
    if (inGroup.length === 0) {
      const message = `Resource group '${resourceGroup}' could not be found.`;
      throw new GatewayRefusal(404, "ResourceGroupNotFound", message);
    }
    const found = inGroup.find(({ service: { place } }) => same(workspace, place.workspace));
    if (!found) {
      const message = `The Resource 'Microsoft.MachineLearningServices/workspaces/${workspace}' under resource group '${resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`;
      throw new GatewayRefusal(404, "ResourceNotFound", message);
    }
    c.set("workspace", found);
    await next();
  };
}

function same(given: string | undefined, ours: string): boolean {
  return given?.toLowerCase() === ours.toLowerCase();
}
