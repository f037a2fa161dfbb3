import { setTimeout } from "node:timers/promises";
import { PipelineError } from "#domain/errors.ts";

/** In-process tries for what passes quickly; longer trouble is the orchestrator's to wait out. */
const TRIES = 3;
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 10_000;

export type Sleep = (ms: number) => Promise<unknown>;

export interface Tries {
  readonly tries?: number | undefined;
  /** Tests hand in one that takes no time. */
  readonly sleep?: Sleep | undefined;
}

/** Repeats what failed with AZURE_BUSY, unless the service asked for a longer wait than an activity should sleep. */
export async function withTries<Result>(
  attempt: () => Promise<Result>,
  { tries = TRIES, sleep = setTimeout }: Tries = {},
): Promise<Result> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      const wait = waitAfter(error, count);
      if (wait === undefined || count >= tries) throw error;
      await sleep(wait);
    }
  }
}

/** Undefined when another try is not for us to make. */
function waitAfter(error: unknown, count: number): number | undefined {
  if (!(error instanceof PipelineError) || !error.retryable) return undefined;
  const wait = error.retryAfterMs ?? backoff(count);
  return wait > LONGEST_WAIT_MS ? undefined : wait;
}

function backoff(count: number): number {
  return FIRST_WAIT_MS * 2 ** (count - 1) * (0.5 + Math.random());
}
