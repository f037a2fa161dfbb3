import { listAssets } from "./arm/assets.ts";
import { listComputes, machineState } from "./arm/compute.ts";
import { identitiesOf } from "./arm/identities.ts";
import { assignmentsOf } from "./arm/role-assignments.ts";
import { listDeployments } from "./endpoints/deployment.ts";
import { endpointState, listEndpoints } from "./endpoints/endpoint.ts";
import { runsOf } from "./flow-service/run.ts";
import { listRuntimes, runtimeState } from "./flow-service/runtimes.ts";
import { listSessions, stateOf } from "./flow-service/sessions.ts";
import type { Region, Service } from "./service.ts";

interface Item {
  readonly kind: string;
  readonly name: string;
  readonly workspace: string | undefined;
  readonly state: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly scope?: string;
  readonly principalId?: string;
}

type OwnItem = Omit<Item, "workspace">;

/** `GET /_emulator/inventory`: everything that exists here now, or with `?workspace=NAME` in one workspace. */
export function addInventory(region: Region): void {
  region.backDoor.routes.get("/_emulator/inventory", (c) => {
    const wanted = c.req.query("workspace");
    const items = itemsOf(region).filter(
      ({ workspace }) => wanted === undefined || workspace === wanted,
    );
    return c.json({
      items: items.map(({ tags, createdAt, ...item }) => ({
        ...item,
        tags: tags ?? {},
        createdAt: new Date(createdAt).toISOString(),
      })),
    });
  });
}

function itemsOf(region: Region): Item[] {
  const own = region.workspaces.flatMap((service) =>
    [
      ...environments(service),
      ...runs(service),
      ...assetsOf(service, "models", "model"),
      ...assetsOf(service, "data", "data"),
      ...serving(service),
    ].map((item) => ({ ...item, workspace: service.place.workspace })),
  );
  return [...access(region), ...own];
}

/** What lies outside of workspaces counts to the one that it is about, or to the first of its resource group. */
function access(region: Region): Item[] {
  const state = "Succeeded";
  return [
    ...identitiesOf(region)
      .list()
      .map(({ id, name, tags, createdAt, principalId }) => {
        const workspace = nearestTo(region, id);
        return { kind: "identity", name, workspace, state, tags, createdAt, principalId };
      }),
    ...assignmentsOf(region)
      .list()
      .map(({ name, createdAt, scope, principalId }) => {
        const workspace = nearestTo(region, scope);
        return { kind: "roleAssignment", name, workspace, state, createdAt, scope, principalId };
      }),
  ];
}

function nearestTo({ workspaces }: Region, id: string): string | undefined {
  const isIn = (outer: string) => `${id}/`.toLowerCase().startsWith(`${outer}/`.toLowerCase());
  const groupOf = ({ place }: Service) => place.id.split("/").slice(0, 5).join("/");
  const nearest =
    workspaces.find(({ place }) => isIn(place.id)) ??
    workspaces.find((service) => isIn(groupOf(service))) ??
    workspaces[0];
  return nearest?.place.workspace;
}

function environments(service: Service): OwnItem[] {
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

function runs(service: Service): OwnItem[] {
  return runsOf(service)
    .list()
    .map(({ runId, status, tags, createdAt }) => {
      return { kind: "run", name: runId, state: status, tags, createdAt };
    });
}

function serving(service: Service): OwnItem[] {
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

function assetsOf(service: Service, collection: "models" | "data", kind: string): OwnItem[] {
  return listAssets(service, collection).map(({ name, version, properties, createdAt }) => ({
    kind,
    name: `${name}:${version}`,
    state: "Succeeded",
    tags: (properties["tags"] ?? {}) as Record<string, string>,
    createdAt,
  }));
}
