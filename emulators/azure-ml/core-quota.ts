import { listComputes, machineState } from "./arm/compute.ts";
import { coresOf } from "./arm/vm-sizes.ts";
import {
  type Deployment,
  type DeploymentRequest,
  listDeployments,
} from "./endpoints/deployment.ts";
import type { ArmErrorBody } from "./errors.ts";
import type { Service } from "./service.ts";

/** Cores of all machines in the region; a stopped one keeps its own. */
export function coresInUse(service: Service): number {
  const machines = listComputes(service)
    .filter((compute) => machineState(service, compute) !== "CreateFailed")
    .map(({ request }) => coresOf(request.properties.properties.vmSize));
  const deployments = listDeployments(service).filter(isUp).map(coresTaken);
  return [...machines, ...deployments].reduce((sum, cores) => sum + cores, 0);
}

/** Why a compute instance that is not there yet finds no room, or null. */
export function machineProblem(service: Service, size: string): ArmErrorBody | null {
  return problem(service, size, coresOf(size), coresInUse(service));
}

/** Why a deployment that is on its way finds no room, or null. */
export function deploymentProblem(service: Service, deployment: Deployment): ArmErrorBody | null {
  const { instanceType } = deployment.request.properties;
  const cores = coresTaken(deployment);
  return problem(service, instanceType ?? "", cores, coresInUse(service) - cores);
}

function problem(service: Service, size: string, cores: number, used: number): ArmErrorBody | null {
  if (used + cores <= service.coreLimit) return null;
  const { subscription, location } = service.place;
  const message = `Not enough quota available for ${size} in SubscriptionId ${subscription}, region ${location}. Current usage/limit: ${used}/${service.coreLimit}. Additional needed: ${cores}.`;
  return { code: "OutOfQuota", message };
}

function isUp({ state, serving }: Deployment): boolean {
  return state !== "Failed" || serving !== null;
}

function coresTaken({ request }: { readonly request: DeploymentRequest }): number {
  // A managed deployment needs a fifth more than its instances, for updates.
  const instances = Math.ceil((request.sku?.capacity ?? 1) * 1.2);
  return instances * coresOf(request.properties.instanceType ?? "");
}
