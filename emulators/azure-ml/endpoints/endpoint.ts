import { notFound, Refusal } from "#emulators/azure-ml/errors.ts";
import type { Service } from "#emulators/azure-ml/service.ts";
import type { Collection } from "#emulators/azure-ml/store/documents.ts";
import { deploymentsOf, isBusy } from "./deployment.ts";

/** Deployment name → whole percent. */
export type Traffic = Readonly<Record<string, number>>;

export interface EndpointSettings {
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly identity: {
    readonly type: string;
    readonly userAssignedIdentities?: Readonly<Record<string, unknown>> | null | undefined;
  };
  readonly authMode: "Key" | "AMLToken" | "AADToken";
  readonly description: string | null;
  readonly properties: Readonly<Record<string, string>>;
  readonly traffic: Traffic;
  readonly mirrorTraffic: Traffic;
}

export interface Endpoint {
  readonly name: string;
  readonly createdAt: number;
  /** Of the system-assigned identity. */
  readonly principalId: string;
  readonly keys: { readonly primaryKey: string; readonly secondaryKey: string };
  /** What is in force. */
  readonly settings: EndpointSettings;
  readonly change: {
    readonly name: "Creating" | "Updating" | "Deleting";
    readonly operationId: string;
    readonly endsAt: number;
    /** What comes into force at the end; null once it has, and for a deletion. */
    readonly next: EndpointSettings | null;
    /** What is still read back for a while after an update. */
    readonly before?: Pick<EndpointSettings, "traffic" | "mirrorTraffic">;
  };
}

/** As written; `readEndpoint` is what is true now. */
export function endpointsOf(service: Service): Collection<Endpoint> {
  return service.documents.collection<Endpoint>("endpoint");
}

/** Brings a change that is over into force first; undefined also once a deletion is over. */
export function readEndpoint(service: Service, name: string): Endpoint | undefined {
  const endpoint = endpointsOf(service).read(name);
  if (!endpoint || endpoint.change.endsAt > service.clock.now()) return endpoint;
  const { name: change, next } = endpoint.change;
  if (change === "Deleting") {
    removeWithDeployments(service, name);
    return undefined;
  }
  if (!next) return endpoint;
  const settled = { ...endpoint, settings: next, change: { ...endpoint.change, next: null } };
  endpointsOf(service).write(name, settled);
  return settled;
}

export function listEndpoints(service: Service): Endpoint[] {
  return endpointsOf(service)
    .list()
    .flatMap(({ name }) => readEndpoint(service, name) ?? []);
}

export function requireEndpoint(service: Service, name: string): Endpoint {
  const endpoint = readEndpoint(service, name);
  if (endpoint) return endpoint;
  throw notFound("Online endpoint", name);
}

export function endpointState(service: Service, { change }: Endpoint): string {
  const isUnderWay = change.next !== null || change.endsAt > service.clock.now();
  return isUnderWay ? change.name : "Succeeded";
}

/** The traffic that a GET tells; after an update it lags behind the one in force. */
export function trafficReadBack({ clock, latency }: Service, { settings, change }: Endpoint) {
  const isCurrent = clock.now() >= change.endsAt + latency.trafficReadBack;
  const { traffic, mirrorTraffic } = isCurrent ? settings : (change.before ?? settings);
  return { traffic, mirrorTraffic };
}

/** One operation at a time on an endpoint and all of its deployments. Throws 409. */
export function refuseWhenBusy(service: Service, endpoint: Endpoint): void {
  const state = endpointState(service, endpoint);
  const deployment = deploymentsOf(service)
    .list(`${endpoint.name}/`)
    .find((one) => isBusy(service, one));
  if (state === "Succeeded" && !deployment) return;
  const what = deployment ? `deployment '${deployment.name}' is` : `it is`;
  const message = `Endpoint '${endpoint.name}' has an operation in progress (${what} ${deployment?.state ?? state}); try again when it is over.`;
  throw new Refusal(409, "Conflict", message);
}

function removeWithDeployments(service: Service, name: string): void {
  for (const deployment of deploymentsOf(service).list(`${name}/`)) {
    deploymentsOf(service).remove(`${name}/${deployment.name}`);
  }
  endpointsOf(service).remove(name);
}
