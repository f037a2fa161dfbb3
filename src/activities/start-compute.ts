import { startCompute } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface ComputeStarter {
  /** Leaves the machine alone that is there under this name. */
  ensureStarted(compute: { name: string; vmSize: string; identity: string }): Promise<void>;
}

export function createStartCompute(computes: ComputeStarter) {
  return implement(startCompute, async ({ name, vmSize, identity }) => {
    await computes.ensureStarted({ name, vmSize, identity });
    return {};
  });
}
