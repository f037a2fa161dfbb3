import { PipelineError } from "#domain/errors.ts";
import { acquireEndpoint, releaseEndpoint } from "#domain/steps.ts";
import { call, type Durably, now, poll, timedOut } from "#durable/durably.ts";
import { errorBody } from "#durable/failures.ts";
import type { Scene } from "./roll-out.ts";

/** Waits for the endpoint, or holds it for longer: asked before every change, however long a rollout bakes. ENDPOINT_BUSY when another pipeline keeps it. */
export function* holdEndpoint(scene: Scene, endpoint: string): Durably<void> {
  const { journal, job, patienceMs, accepted } = scene;
  const longestMs = 3 * patienceMs + accepted.policy.deploy.rollout.bakeMs;
  const lock = yield* poll(
    journal.context,
    acquireEndpoint,
    // The deadline is the same in every try, so it allows for the wait itself too.
    { endpoint, id: job.id, deadline: isoTime(now(journal.context) + longestMs) },
    { isSettled: ({ acquired }) => acquired, patienceMs },
  );
  if (lock === timedOut) {
    throw new PipelineError("ENDPOINT_BUSY", `Another pipeline kept the endpoint ${endpoint}.`);
  }
}

/** On every way out; what another pipeline holds stays. */
export function* releaseHold({ journal, job }: Scene, endpoint: string): Durably<void> {
  try {
    yield* call(journal.context, releaseEndpoint, { endpoint, id: job.id });
  } catch (error) {
    journal.context.warn(
      `${endpoint} stays locked until its deadline: ${errorBody(error).message}`,
    );
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
