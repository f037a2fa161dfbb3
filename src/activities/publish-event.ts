import type { PipelineEvent } from "#domain/events.ts";
import { publishEvent } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface EventPublisher {
  publish(event: PipelineEvent): Promise<void>;
}

export function createPublishEvent(topic: EventPublisher) {
  return implement(publishEvent, async ({ event }) => {
    await topic.publish(event);
    return {};
  });
}
