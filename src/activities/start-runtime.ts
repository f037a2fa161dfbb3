import { startRuntime } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface RuntimeStarter {
  /** Leaves the runtime alone that is there under this name. */
  ensureStarted(name: string, compute: string): Promise<void>;
}

export function createStartRuntime(runtimes: RuntimeStarter) {
  return implement(startRuntime, async ({ name, compute }) => {
    await runtimes.ensureStarted(name, compute);
    return {};
  });
}
