import { releaseEndpoint } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface EndpointReleaser {
  /** Only what `owner` holds; twice is fine. */
  release(endpoint: string, owner: string): Promise<void>;
}

export function createReleaseEndpoint(locks: EndpointReleaser) {
  return implement(releaseEndpoint, async ({ endpoint, id }) => {
    await locks.release(endpoint, id);
    return {};
  });
}
