import { cancelRun } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface RunCanceler {
  /** Asks only; a run that has ended or never was is fine. */
  cancel(run: string): Promise<void>;
}

export function createCancelRun(runs: RunCanceler) {
  return implement(cancelRun, async ({ run }) => {
    await runs.cancel(run);
    return {};
  });
}
