import { Hono } from "hono";
import * as z from "zod";
import { computePrincipals, computeProblem, readCompute } from "#emulators/azure-ml/arm/compute.ts";
import { mayReadConnections } from "#emulators/azure-ml/arm/role-assignments.ts";
import { Refusal } from "#emulators/azure-ml/errors.ts";
import { CALLER, TENANT } from "#emulators/azure-ml/place.ts";
import { readBody, type Service } from "#emulators/azure-ml/service.ts";
import type { Collection } from "#emulators/azure-ml/store/documents.ts";

const RuntimeRequest = z.object({
  runtimeType: z.literal("ComputeInstance"),
  computeInstanceName: z.string().min(1),
  runtimeDescription: z.string().nullish(),
});

export interface Runtime {
  readonly name: string;
  readonly computeInstanceName: string;
  readonly description: string | null;
  readonly createdAt: number;
  /** Null: it never comes up. */
  readonly startsAt: number | null;
  /** Why it failed; decided once the start-up is over. */
  readonly problem: string | null;
  readonly isReady: boolean;
  readonly goneAt: number | null;
}

type RuntimeState = "Starting" | "Stopping" | "Failed" | "Unavailable" | "Ready";

export function runtimeRoutes(service: Service): Hono {
  const routes = new Hono();
  routes.get("/FlowRuntimes", (c) =>
    c.json(listRuntimes(service).map((runtime) => answer(service, runtime))),
  );
  routes.get("/FlowRuntimes/checkCiAvailability", (c) => {
    const problem = computeProblem(service, c.req.query("computeInstanceName") ?? "");
    return c.json({ isAvailable: problem === undefined, error: problem ?? null });
  });
  routes.get("/FlowRuntimes/:name", (c) =>
    c.json(answer(service, requireRuntime(service, c.req.param("name")))),
  );
  routes.post("/FlowRuntimes/:name", async (c) => {
    const runtime = createRuntime(service, c.req.param("name"), await readBody(c));
    return c.json(answer(service, runtime));
  });
  routes.delete("/FlowRuntimes/:name", (c) => {
    const known = requireRuntime(service, c.req.param("name"));
    const goneAt = known.goneAt ?? service.clock.now() + service.latency.runtimeStop;
    const runtime = { ...known, goneAt };
    runtimesOf(service).write(runtime.name, runtime);
    service.log("runtime stopping", { name: runtime.name });
    return c.json(answer(service, runtime));
  });
  return routes;
}

/** Undefined also once its deletion is over. */
function readRuntime(service: Service, name: string): Runtime | undefined {
  const runtime = runtimesOf(service).read(name);
  if (!runtime) return undefined;
  if (runtime.goneAt === null) return settle(service, runtime);
  if (runtime.goneAt > service.clock.now()) return runtime;
  runtimesOf(service).remove(name);
  return undefined;
}

export function listRuntimes(service: Service): Runtime[] {
  return runtimesOf(service)
    .list()
    .flatMap(({ name }) => readRuntime(service, name) ?? []);
}

export function runtimeState(service: Service, runtime: Runtime): RuntimeState {
  const { goneAt, startsAt, problem, isReady } = runtime;
  if (goneAt !== null) return "Stopping";
  if (startsAt === null || startsAt > service.clock.now()) return "Starting";
  if (problem !== null) return "Failed";
  if (!isReady) return "Starting";
  return computeProblem(service, runtime.computeInstanceName) ? "Unavailable" : "Ready";
}

/** Throws 404 for an unknown runtime, 400 for one that cannot run anything now. */
export function requireReadyRuntime(service: Service, name: string): void {
  const runtime = requireRuntime(service, name);
  const state = runtimeState(service, runtime);
  if (state === "Ready") return;
  throw new Refusal(400, "RuntimeNotReady", `Runtime ${name} cannot run the flow: it is ${state}.`);
}

/** Decides, once the start-up time is over, whether it came up; a role may still be on its way. */
function settle(service: Service, runtime: Runtime): Runtime {
  const now = service.clock.now();
  const { startsAt, isReady, problem } = runtime;
  if (isReady || problem !== null || startsAt === null || startsAt > now) return runtime;
  const refused = startProblem(service, runtime);
  if (refused && now < startsAt + service.latency.rolePropagation) return runtime;
  const settled = refused ? { ...runtime, problem: refused } : { ...runtime, isReady: true };
  runtimesOf(service).write(runtime.name, settled);
  return settled;
}

function startProblem(service: Service, { computeInstanceName }: Runtime): string | undefined {
  const problem = computeProblem(service, computeInstanceName);
  if (problem) return problem;
  const compute = readCompute(service, computeInstanceName);
  const principals = compute ? computePrincipals(service, compute) : [];
  // Without an identity of its own a compute instance acts as the caller, who may do everything here.
  if (principals.length === 0 || mayReadConnections(service, principals)) return undefined;
  return `The identity of compute instance ${computeInstanceName} has no 'AzureML Data Scientist' role on the workspace.`;
}

function createRuntime(service: Service, name: string, body: Record<string, unknown>): Runtime {
  const parsed = RuntimeRequest.safeParse(body);
  if (!parsed.success) {
    throw new Refusal(400, "BadArgument", `FlowRuntimes: ${z.prettifyError(parsed.error)}`);
  }
  const { computeInstanceName, runtimeDescription } = parsed.data;
  const known = readRuntime(service, name);
  if (known?.computeInstanceName === computeInstanceName && known.goneAt === null) return known;
  if (known) throw new Refusal(409, "RuntimeExists", `Runtime ${name} already exists.`);
  const problem = computeProblem(service, computeInstanceName);
  if (problem) throw new Refusal(400, "ComputeInstanceNotReady", problem);
  const fault = service.backDoor.takeOutcome("runtime", name);
  const now = service.clock.now();
  const timedOut = `The runtime in compute instance ${computeInstanceName} is not ready: starting it timed out. Please create a new compute instance.`;
  const runtime: Runtime = {
    name,
    computeInstanceName,
    description: runtimeDescription ?? null,
    createdAt: now,
    startsAt: fault?.outcome === "never" ? null : now + service.latency.runtimeStart,
    problem: fault?.outcome === "failed" ? (fault.message ?? timedOut) : null,
    isReady: false,
    goneAt: null,
  };
  runtimesOf(service).write(name, runtime);
  service.log("runtime starting", { name });
  return runtime;
}

function runtimesOf(service: Service): Collection<Runtime> {
  return service.documents.collection<Runtime>("runtime");
}

function requireRuntime(service: Service, name: string): Runtime {
  const runtime = readRuntime(service, name);
  if (runtime) return runtime;
  throw new Refusal(404, "RuntimeNotFound", `Runtime ${name} was not found.`, { runtime: name });
}

/** A healthy runtime has no status: the enumeration knows no word for it. */
function answer(service: Service, runtime: Runtime) {
  const state = runtimeState(service, runtime);
  const createdOn = new Date(runtime.createdAt).toISOString();
  const failure = runtime.problem
    ? { error: { code: "UserError", message: runtime.problem } }
    : undefined;
  return {
    runtimeName: runtime.name,
    runtimeDescription: runtime.description,
    runtimeType: "ComputeInstance",
    ...(state === "Ready" ? {} : { status: state, statusMessage: runtime.problem ?? state }),
    ...(failure ? { error: failure } : {}),
    computeInstanceName: runtime.computeInstanceName,
    fromExistingEndpoint: false,
    fromExistingDeployment: false,
    fromExistingCustomApp: false,
    assignedTo: { objectId: CALLER, tenantId: TENANT },
    endpointUrl: `/subscriptions/${service.place.subscription}/runtimes/${runtime.name}`,
    createdOn,
    modifiedOn: createdOn,
    owner: { userObjectId: CALLER, userTenantId: TENANT, userName: "emulator" },
  };
}
