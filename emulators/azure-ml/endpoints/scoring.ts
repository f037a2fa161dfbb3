import { randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import type { LineResult, LoadedFlow } from "#emulators/azure-ml/engine/engine.ts";
import type { Service } from "#emulators/azure-ml/service.ts";
import { ARM_AUDIENCE, ML_AUDIENCE, tokenProblem } from "#emulators/azure-ml/tokens.ts";
import { messageOf } from "#emulators/azure-ml/work.ts";
import { type Deployment, readDeployment } from "./deployment.ts";
import { durationMs } from "./duration.ts";
import { type Endpoint, endpointState, readEndpoint } from "./endpoint.ts";
import type { Serving } from "./serving.ts";
import { chooseForm, eventStream } from "./streaming.ts";
import { pickByTraffic } from "./traffic.ts";

const DEPLOYMENT_HEADER = "azureml-model-deployment";
const DEFAULT_TIMEOUT_MS = 5000;

/** The endpoints' own host: `POST /endpoints/{endpoint}/score`. */
export function scoringRoutes(service: Service, serving: Serving): Hono {
  const routes = new Hono();
  routes.post("/endpoints/:endpoint/score", async (c) => {
    const endpoint = readEndpoint(service, c.req.param("endpoint"));
    if (!endpoint || endpointState(service, endpoint) === "Creating") {
      return refuse(c, 404, `There is no endpoint ${c.req.param("endpoint")}.`);
    }
    if (!isAllowed(service, endpoint, c.req.header("authorization"))) {
      return refuse(c, 401, "The key or token of the endpoint is missing or wrong.");
    }
    const named = c.req.header(DEPLOYMENT_HEADER);
    const deployment = pick(service, endpoint, named);
    if (!deployment) {
      const what = named ? `There is no deployment ${named}` : "No deployment has traffic";
      return refuse(c, 404, `${what} at endpoint ${endpoint.name}.`);
    }
    const body = await c.req.text();
    if (!named) mirror(service, serving, endpoint, body);
    return await score(c, service, serving, deployment, body);
  });
  return routes;
}

/** The one that is named, whatever its traffic, or one by traffic. */
function pick(
  service: Service,
  { name: endpoint, settings }: Endpoint,
  named: string | undefined,
): Deployment | undefined {
  const name = named ?? pickByTraffic(settings.traffic, service.random());
  const deployment = name ? readDeployment(service, endpoint, name) : undefined;
  return deployment?.state === "Deleting" ? undefined : deployment;
}

/** Some requests are answered by another deployment too; nobody sees its answer. */
function mirror(service: Service, serving: Serving, endpoint: Endpoint, body: string): void {
  const name = pickByTraffic(endpoint.settings.mirrorTraffic, service.random());
  const deployment = name ? readDeployment(service, endpoint.name, name) : undefined;
  if (!deployment) return;
  service.work.start(`mirror ${endpoint.name}/${deployment.name}`, async () => {
    await using lease = await serving.lease(endpoint.name, deployment.name, deployment.serving);
    if (lease) await serve(lease.flow, body);
  });
}

async function score(
  c: Context,
  service: Service,
  serving: Serving,
  deployment: Deployment,
  body: string,
): Promise<Response> {
  const { endpoint, name, serving: source } = deployment;
  c.header(DEPLOYMENT_HEADER, name);
  const leasing = serving.lease(endpoint, name, source);
  await using lease = await leasing.catch((error: unknown) => {
    service.log("serving failed", { endpoint, name, message: messageOf(error) });
    return undefined;
  });
  if (!lease) return refuse(c, 503, `Deployment ${name} is not ready; see its logs.`);
  const startedAt = service.clock.now();
  const answer = await beforeTimeout(service, deployment, serve(lease.flow, body));
  if (!answer)
    return refuse(c, 408, `Deployment ${name} did not answer within its requestTimeout.`);
  c.header("x-request-id", c.req.header("x-request-id") ?? randomUUID());
  c.header("x-ms-run-fn-exec-ms", String(service.clock.now() - startedAt));
  c.header("x-ms-run-function-failed", answer.error ? "True" : "False");
  if (answer.error) return refuseForModel(c, answer.error.code, answer.error.message);
  const form = chooseForm(c.req.header("accept"), answer);
  switch (form.form) {
    case "json":
      return c.json(answer.isBare ? answer.outputs?.["output"] : (answer.outputs ?? {}));
    case "events":
      return eventStream(c, form.field, answer);
    case "refused":
      return refuseForModel(c, "UserError", form.message, form.status);
  }
}

/** The container's own 400 or 500 reaches the caller as a 424. */
function refuseForModel(
  c: Context,
  code: string,
  message: string,
  status: number = code === "SystemError" ? 500 : 400,
): Response {
  c.header("ms-azureml-model-error-statuscode", String(status));
  c.header("ms-azureml-model-error-reason", "model_error");
  return c.json({ error: { code, message } }, 424);
}

type Served = Pick<LineResult, "outputs" | "error" | "streams" | "isBare">;

async function serve(flow: LoadedFlow, body: string): Promise<Served> {
  const inputs = inputsOf(flow, body);
  if (typeof inputs === "string") return failed("UserError", inputs);
  try {
    return await flow.serve(inputs);
  } catch (error) {
    return failed("SystemError", messageOf(error));
  }
}

/** The inputs, or why there are none. Text that is not JSON becomes the value of a flow's only input. */
function inputsOf(flow: LoadedFlow, body: string): Record<string, unknown> | string {
  const names = Object.keys(flow.inputs);
  if (names.length === 0) return {};
  try {
    const inputs: unknown = JSON.parse(body);
    const isObject = typeof inputs === "object" && inputs !== null && !Array.isArray(inputs);
    return isObject
      ? (inputs as Record<string, unknown>)
      : `The request body is no JSON object of the flow inputs ${names.join(", ")}.`;
  } catch {
    const [only, ...others] = names;
    if (only && others.length === 0) return { [only]: body };
    return "Promptflow executor received non json data, but there's more than 1 input fields, please use json request data instead.";
  }
}

function failed(code: "UserError" | "SystemError", message: string): Served {
  const error = { message, messageFormat: message, code, innerCodes: [] };
  return { outputs: null, error, streams: {} };
}

async function beforeTimeout<Value>(
  { clock }: Service,
  { request }: Deployment,
  work: Promise<Value>,
): Promise<Value | undefined> {
  const timer = new AbortController();
  const given = request.properties.requestSettings?.requestTimeout;
  const timeoutMs = (given && durationMs(given)) || DEFAULT_TIMEOUT_MS;
  const timeout = clock.until(clock.now() + timeoutMs, timer.signal).then(() => undefined);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timer.abort();
  }
}

function isAllowed(
  { clock }: Service,
  { settings, keys }: Endpoint,
  header: string | undefined,
): boolean {
  const token = /^Bearer (.+)$/i.exec(header ?? "")?.[1];
  if (!token) return false;
  if (settings.authMode === "Key") return token === keys.primaryKey || token === keys.secondaryKey;
  const audiences = [ML_AUDIENCE, ARM_AUDIENCE];
  return audiences.some((audience) => tokenProblem(token, audience, clock.now()) === undefined);
}

function refuse(c: Context, status: 401 | 404 | 408 | 503, message: string): Response {
  c.header("x-request-id", c.req.header("x-request-id") ?? randomUUID());
  return c.json({ error: { code: String(status), message } }, status);
}
