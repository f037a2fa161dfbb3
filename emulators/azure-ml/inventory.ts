import { listAssets } from "./arm/assets.ts";
import { listComputes, machineState } from "./arm/compute.ts";
import { identitiesOf } from "./arm/identities.ts";
import { assignmentsOf } from "./arm/role-assignments.ts";
import { listDeployments } from "./endpoints/deployment.ts";
import { endpointState, listEndpoints } from "./endpoints/endpoint.ts";
import { runsOf } from "./flow-service/run.ts";
import { listRuntimes, runtimeState } from "./flow-service/runtimes.ts";
import { listSessions, stateOf } from "./flow-service/sessions.ts";
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
    ...access(service),
    ...environments(service),
    ...runs(service),
    ...assetsOf(service, "models", "model"),
    ...assetsOf(service, "data", "data"),
    ...serving(service),
  ];
}

function access(service: Service): Item[] {
  const state = "Succeeded";
  return [
    ...identitiesOf(service)
      .list()
      .map(({ name, tags, createdAt, principalId }) => {
        return { kind: "identity", name, state, tags, createdAt, principalId };
      }),
    ...assignmentsOf(service)
      .list()
      .map(({ name, createdAt, scope, principalId }) => {
        return { kind: "roleAssignment", name, state, createdAt, scope, principalId };
      }),
  ];
}

function environments(service: Service): Item[] {
  return [
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
    ...listSessions(service).map((session) => ({
      kind: "session",
      name: session.sessionId,
      state: service.provisioning.has(session.sessionId)
        ? "Provisioning"
        : stateOf(service, session),
      createdAt: session.createdAt,
    })),
  ];
}

function runs(service: Service): Item[] {
  return runsOf(service)
    .list()
    .map(({ runId, status, tags, createdAt }) => {
      return { kind: "run", name: runId, state: status, tags, createdAt };
    });
}

function serving(service: Service): Item[] {
  return [
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

function assetsOf(service: Service, collection: "models" | "data", kind: string): Item[] {
  return listAssets(service, collection).map(({ name, version, properties, createdAt }) => ({
    kind,
    name: `${name}:${version}`,
    state: "Succeeded",
    tags: (properties["tags"] ?? {}) as Record<string, string>,
    createdAt,
  }));
}
