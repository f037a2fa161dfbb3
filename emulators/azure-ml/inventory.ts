import { listAssets } from "./arm/assets.ts";
import { listComputes, machineState } from "./arm/computes.ts";
import { identitiesOf } from "./arm/identities.ts";
import { assignmentsOf } from "./arm/role-assignments.ts";
import { listDeployments } from "./endpoints/deployment.ts";
import { endpointState, listEndpoints } from "./endpoints/endpoint.ts";
import { runsOf } from "./flow-service/run.ts";
import { listRuntimes, runtimeState } from "./flow-service/runtimes.ts";
import { readSession, sessionsOf, stateOf } from "./flow-service/sessions.ts";
import type { Service } from "./service.ts";

interface Item {
  readonly kind: string;
  readonly name: string;
  readonly state: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly scope?: string;
  readonly principalId?: string;
}

/** `GET /_emulator/inventory`: everything that exists here now. */
export function addInventory(service: Service): void {
  service.backDoor.routes.get("/_emulator/inventory", (c) =>
    c.json({
      items: itemsOf(service).map(({ tags, createdAt, ...item }) => ({
        ...item,
        workspace: service.place.workspace,
        tags: tags ?? {},
        createdAt: new Date(createdAt).toISOString(),
      })),
    }),
  );
}

function itemsOf(service: Service): Item[] {
  return [
    ...identitiesOf(service)
      .list()
      .map((one) => ({
        ...pick(one),
        kind: "identity",
        state: "Succeeded",
        principalId: one.principalId,
      })),
    ...assignmentsOf(service)
      .list()
      .map(({ name, createdAt, scope, principalId }) => ({
        kind: "roleAssignment",
        name,
        state: "Succeeded",
        createdAt,
        scope,
        principalId,
      })),
    ...listComputes(service).map((compute) => ({
      kind: "computeInstance",
      name: compute.name,
      state: machineState(service, compute),
      tags: compute.request.tags ?? {},
      createdAt: compute.createdAt,
    })),
    ...listRuntimes(service).map((runtime) => ({
      kind: "runtime",
      name: runtime.name,
      state: runtimeState(service, runtime),
      createdAt: runtime.createdAt,
    })),
    ...sessionsOf(service)
      .list()
      .flatMap(({ sessionId }) => readSession(service, sessionId) ?? [])
      .map((session) => ({
        kind: "session",
        name: session.sessionId,
        state: stateOf(service, session),
        createdAt: session.createdAt,
      })),
    ...runsOf(service)
      .list()
      .map(({ runId, status, tags, createdAt }) => ({
        kind: "run",
        name: runId,
        state: status,
        tags,
        createdAt,
      })),
    ...assetsOf(service, "models", "model"),
    ...assetsOf(service, "data", "data"),
    ...listEndpoints(service).map((endpoint) => ({
      kind: "endpoint",
      name: endpoint.name,
      state: endpointState(service, endpoint),
      tags: endpoint.settings.tags,
      createdAt: endpoint.createdAt,
      principalId: endpoint.principalId,
    })),
    ...listDeployments(service).map(({ name, state, request, createdAt }) => ({
      kind: "deployment",
      name,
      state,
      tags: request.tags ?? {},
      createdAt,
    })),
  ];
}

function pick({ name, tags, createdAt }: Pick<Item, "name" | "tags" | "createdAt">) {
  return { name, createdAt, ...(tags ? { tags } : {}) };
}

function assetsOf(service: Service, collection: "models" | "data", kind: string): Item[] {
  return listAssets(service, collection).map(({ name, version, properties, createdAt }) => ({
    kind,
    name: `${name}:${version}`,
    state: "Succeeded",
    tags: (properties["tags"] ?? {}) as Record<string, string>,
    createdAt,
  }));
}
