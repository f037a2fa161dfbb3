import { listComputes } from "./arm/computes.ts";
import { coresOf } from "./arm/vm-sizes.ts";
import { type DeploymentRequest, listDeployments } from "./endpoints/deployment.ts";
import type { Service } from "./service.ts";

/** Cores of all machines in the region; stopped ones count too, as their quota stays taken. */
export function coresInUse(service: Service): number {
  const machines = listComputes(service).map(({ request }) =>
    coresOf(request.properties.properties.vmSize),
  );
  const deployments = listDeployments(service).map(({ request }) => coresFor(request));
  return [...machines, ...deployments].reduce((sum, cores) => sum + cores, 0);
}

/** A managed deployment needs a fifth more than its instances, for updates. */
export function coresFor({ properties, sku }: DeploymentRequest): number {
  const instances = Math.ceil((sku?.capacity ?? 1) * 1.2);
  return instances * coresOf(properties.instanceType ?? "");
}

/** Why there is no room for so many cores more, or undefined. */
export function quotaProblem(service: Service, size: string, cores: number): string | undefined {
  const used = coresInUse(service);
  if (used + cores <= service.coreLimit) return undefined;
  const { subscription, location } = service.place;
  return `Not enough quota available for ${size} in SubscriptionId ${subscription}, region ${location}. Current usage/limit: ${used}/${service.coreLimit}. Additional needed: ${cores}.`;
}
