import { listComputes, machineState } from "./arm/compute.ts";
import { sizeNamed } from "./arm/vm-sizes.ts";
import {
  type Deployment,
  type DeploymentRequest,
  listDeployments,
} from "./endpoints/deployment.ts";
import { type ArmErrorBody, InferencingRefusal } from "./errors.ts";
import type { Region, Service } from "./service.ts";

/** How many cores the machines of one subscription may have in the region. */
export interface CoreLimits {
  readonly total: number;
  /** By family of sizes, such as `standardDSv2Family`; one that is not here is limited by the total alone. */
  readonly families: Readonly<Record<string, number>>;
}

export const DEFAULT_LIMITS: CoreLimits = { total: 10_000, families: {} };

/** Cores of one family, or of all: how many are taken, and how many there are. */
export interface CoreUsage {
  /** Null: of all families together. */
  readonly family: string | null;
  readonly used: number;
  readonly limit: number;
}

const ADVICE =
  "Talk to your Subscription Admin or refer to https://docs.microsoft.com/azure/machine-learning/how-to-manage-quotas#request-quota-increases to increase the";

/** Of a subscription: first all families together, then each that has a limit. A machine that is stopped keeps its cores. */
export function coreUsages(region: Region, subscription: string): CoreUsage[] {
  const { total, families } = region.coreLimits;
  const machines = region.workspaces
    .filter(({ place }) => place.subscription.toLowerCase() === subscription.toLowerCase())
    .flatMap(machinesOf);
  const usedBy = (family: string | null) =>
    machines
      .filter((machine) => family === null || machine.family === family)
      .reduce((sum, { cores }) => sum + cores, 0);
  return [
    { family: null, used: usedBy(null), limit: total },
    ...Object.entries(families).map(([family, limit]) => ({
      family,
      used: usedBy(family),
      limit,
    })),
  ];
}

/** Why a compute instance that is not there yet finds no room, or null. */
export function machineProblem(service: Service, vmSize: string): ArmErrorBody | null {
  const { family, cores } = sizeNamed(vmSize);
  const short = shortage(service, family, cores);
  if (!short) return null;
  const whose = short.family === null ? "total" : `${wordsFor(short.family)} family`;
  const message = `The specified subscription has a ${whose} vCPU quota of ${short.limit} and cannot accomodate for at least 1 requested managed compute node which maps to ${cores} vCPUs. ${ADVICE} ${whose} vCPU quota`;
  return { code: "ClusterMinNodesExceedCoreQuota", message };
}

/** Throws 400 for a deployment that finds no room; `known` is the one that it takes the place of. */
export function requireCores(
  service: Service,
  request: DeploymentRequest,
  known: Deployment | undefined,
): void {
  const size = request.properties.instanceType ?? "";
  const held = known && isUp(known) ? coresTaken(known) : 0;
  const needed = coresTaken({ request }) - held;
  const short = shortage(service, sizeNamed(size).family, needed);
  if (!short) return;
  const { subscription } = service.place;
  const text = `Not enough quota available for ${size} in SubscriptionId ${subscription}. Current usage/limit: ${short.used}/${short.limit}. Additional needed: ${needed} Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#error-outofquota`;
  throw new InferencingRefusal("InferencingClientCreateDeploymentFailed", { VmSize: [text] });
}

/** `standardDSv2Family` is "Standard DSv2". */
export function wordsFor(family: string): string {
  return family.replace(/^standard/i, "Standard ").replace(/Family$/i, "");
}

/** The narrowest limit that so many more cores would exceed. */
function shortage(service: Service, family: string, needed: number): CoreUsage | undefined {
  if (needed <= 0) return undefined;
  return coreUsages(service, service.place.subscription)
    .filter((usage) => usage.family === null || usage.family === family)
    .findLast(({ used, limit }) => used + needed > limit);
}

function machinesOf(service: Service): { readonly family: string; readonly cores: number }[] {
  const computes = listComputes(service)
    .filter((compute) => machineState(service, compute) !== "CreateFailed")
    .map(({ request }) => sizeNamed(request.properties.properties.vmSize));
  const deployments = listDeployments(service)
    .filter(isUp)
    .map((deployment) => ({
      family: sizeNamed(deployment.request.properties.instanceType ?? "").family,
      cores: coresTaken(deployment),
    }));
  return [...computes, ...deployments];
}

function isUp({ state, serving }: Deployment): boolean {
  return state !== "Failed" || serving !== null;
}

function coresTaken({ request }: { readonly request: DeploymentRequest }): number {
  // A managed deployment needs a fifth more than its instances, for updates.
  const instances = Math.ceil((request.sku?.capacity ?? 1) * 1.2);
  return instances * sizeNamed(request.properties.instanceType ?? "").cores;
}
