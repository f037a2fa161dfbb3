import { acquireEndpoint } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface EndpointLocker {
  /** Takes, keeps or is refused the lock; times are ISO 8601. */
  acquire(
    endpoint: string,
    owner: string,
    deadline: string,
    now: string,
  ): Promise<{ acquired: boolean; holder: string }>;
}

export function createAcquireEndpoint(locks: EndpointLocker, clock: { now(): Date }) {
  return implement(acquireEndpoint, ({ endpoint, id, deadline }) =>
    locks.acquire(endpoint, id, deadline, clock.now().toISOString()),
  );
}
