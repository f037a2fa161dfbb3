import * as z from "zod";
import type { ArmErrorBody } from "#emulators/azure-ml/errors.ts";
import type { Service } from "#emulators/azure-ml/service.ts";
import type { Collection } from "#emulators/azure-ml/store/documents.ts";
import { identitiesOf } from "./identities.ts";

export const ComputeRequest = z.object({
  location: z.string(),
  tags: z.record(z.string(), z.string()).nullish(),
  identity: z
    .object({
      type: z.string(),
      userAssignedIdentities: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
  properties: z.object({
    computeType: z.literal("ComputeInstance"),
    properties: z.looseObject({ vmSize: z.string().min(1) }),
  }),
});
export type ComputeRequest = z.infer<typeof ComputeRequest>;

export type Change = "Create" | "Start" | "Stop" | "Restart" | "Delete";

export interface Compute {
  readonly name: string;
  readonly request: ComputeRequest;
  readonly createdAt: number;
  readonly change: {
    readonly name: Change;
    readonly operationId: string;
    readonly startedAt: number;
    /** Null: it never ends. */
    readonly endsAt: number | null;
    readonly error: ArmErrorBody | null;
  };
}

/** Machine state while a change is under way, then after it. */
const MACHINE_STATES = {
  Create: ["Creating", "Running"],
  Start: ["Starting", "Running"],
  Restart: ["Restarting", "Running"],
  Stop: ["Stopping", "Stopped"],
  Delete: ["Deleting", "Deleting"],
} as const;

/** Undefined also once its deletion is over. */
export function readCompute(service: Service, name: string): Compute | undefined {
  const compute = computesOf(service).read(name);
  if (compute?.change.name !== "Delete" || isChanging(service, compute)) return compute;
  computesOf(service).remove(name);
  return undefined;
}

export function listComputes(service: Service): Compute[] {
  return computesOf(service)
    .list()
    .flatMap(({ name }) => readCompute(service, name) ?? []);
}

export function machineState(service: Service, compute: Compute): string {
  const { name, error } = compute.change;
  const [during, after] = MACHINE_STATES[name];
  if (isChanging(service, compute)) return during;
  return error ? `${name}Failed` : after;
}

/** Why nothing can run on this compute instance, or undefined. */
export function computeProblem(service: Service, name: string): string | undefined {
  const compute = readCompute(service, name);
  if (!compute) return `Compute instance ${name} was not found.`;
  const state = machineState(service, compute);
  return state === "Running" ? undefined : `Compute instance ${name} is ${state}, not Running.`;
}

/** Principals of the user-assigned identities that the compute instance acts as. */
export function computePrincipals(service: Service, { request }: Compute): string[] {
  const ids = Object.keys(request.identity?.userAssignedIdentities ?? {});
  return ids.flatMap((id) => identitiesOf(service).read(id)?.principalId ?? []);
}

/** As written; `readCompute` is what is true now. */
export function computesOf(service: Service): Collection<Compute> {
  return service.documents.collection<Compute>("compute");
}

export function isChanging({ clock }: Service, { change }: Compute): boolean {
  return change.endsAt === null || change.endsAt > clock.now();
}
