import { publishRows } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface RowsPublisher {
  /** Puts the first `parts` parts together as `rows.jsonl`. */
  publish(id: string, parts: number): Promise<void>;
}

export function createPublishRows(rows: RowsPublisher) {
  return implement(publishRows, async ({ id, parts }) => {
    await rows.publish(id, parts);
    return {};
  });
}
