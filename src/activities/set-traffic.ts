import { setTraffic } from "#domain/steps.ts";
import type { Traffic } from "#domain/traffic.ts";
import { implement } from "#durable/activity.ts";

export interface TrafficSetter {
  /** Sets the whole map. */
  setTraffic(endpoint: string, traffic: Traffic): Promise<void>;
}

export function createSetTraffic(endpoints: TrafficSetter) {
  return implement(setTraffic, async ({ endpoint, traffic }) => {
    await endpoints.setTraffic(endpoint, traffic);
    return {};
  });
}
