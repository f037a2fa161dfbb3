import type { Resource } from "#domain/pipeline.ts";
import { recordResource } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface ResourceLedger {
  record(entry: { pipeline: string; resource: Resource; deadline: string }): Promise<void>;
}

export function createRecordResource(ledger: ResourceLedger) {
  return implement(recordResource, async ({ id, resource, deadline }) => {
    await ledger.record({ pipeline: id, resource, deadline });
    return {};
  });
}
