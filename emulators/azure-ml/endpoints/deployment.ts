import * as z from "zod";
import type { Service } from "#emulators/azure-ml/service.ts";
import type { Collection } from "#emulators/azure-ml/store/documents.ts";

export const DeploymentRequest = z.object({
  location: z.string(),
  tags: z.record(z.string(), z.string()).nullish(),
  sku: z.object({ name: z.string().nullish(), capacity: z.number().int().nullish() }).nullish(),
  properties: z.looseObject({
    endpointComputeType: z.literal("Managed"),
    model: z.string().min(1),
    instanceType: z.string().nullish(),
    environmentVariables: z.record(z.string(), z.string()).nullish(),
    requestSettings: z.looseObject({ requestTimeout: z.string().nullish() }).nullish(),
    properties: z.record(z.string(), z.string().nullable()).nullish(),
  }),
});
export type DeploymentRequest = z.infer<typeof DeploymentRequest>;

export interface Deployment {
  readonly endpoint: string;
  readonly name: string;
  readonly request: DeploymentRequest;
  readonly createdAt: number;
  /** When the creation or update under way began. */
  readonly startedAt: number;
  readonly operationId: string;
  /** Counts the PUTs; names the folder of the model's copy. */
  readonly revision: number;
  readonly state: "Updating" | "Succeeded" | "Failed" | "Deleting";
  /** Folder of the copied model that serves, null before the first success. */
  readonly serving: ServingSource | null;
  readonly log: readonly string[];
  readonly fault: { readonly outcome: "failed" | "never"; readonly message?: string } | null;
  readonly goneAt: number | null;
}

export interface ServingSource {
  readonly folder: string;
  readonly environmentVariables: Readonly<Record<string, string>>;
}

/** As written, by `{endpoint}/{deployment}`; `readDeployment` is what is true now. */
export function deploymentsOf(service: Service): Collection<Deployment> {
  return service.documents.collection<Deployment>("deployment");
}

/** Undefined also once its deletion is over. */
export function readDeployment(
  service: Service,
  endpoint: string,
  name: string,
): Deployment | undefined {
  const deployment = deploymentsOf(service).read(`${endpoint}/${name}`);
  if (!deployment || deployment.goneAt === null) return deployment;
  if (deployment.goneAt > service.clock.now()) return deployment;
  deploymentsOf(service).remove(`${endpoint}/${name}`);
  return undefined;
}

export function listDeployments(service: Service, endpoint?: string): Deployment[] {
  return deploymentsOf(service)
    .list(endpoint === undefined ? "" : `${endpoint}/`)
    .flatMap((one) => readDeployment(service, one.endpoint, one.name) ?? []);
}

/** Whether other operations must wait; one that is stuck for ever stops nobody after its usual time. */
export function isBusy({ clock, latency }: Service, deployment: Deployment): boolean {
  const { state, goneAt, fault, startedAt } = deployment;
  if (state === "Deleting") return goneAt !== null && goneAt > clock.now();
  if (state !== "Updating") return false;
  return fault?.outcome !== "never" || clock.now() < startedAt + latency.deploymentCreate;
}
