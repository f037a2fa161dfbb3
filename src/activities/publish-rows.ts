import { publishRows } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface RowsPublisher {
  /** Puts the first `parts` parts together as `rows.jsonl`, each as its last round left it. */
  publish(id: string, parts: number, rounds: number): Promise<void>;
}

export function createPublishRows(rows: RowsPublisher) {
  return implement(publishRows, async ({ id, parts, rounds }) => {
    await rows.publish(id, parts, rounds);
    return {};
  });
}
