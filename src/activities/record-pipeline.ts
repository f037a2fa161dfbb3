import type { Pipeline } from "#domain/pipeline.ts";
import { recordPipeline } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface PipelineRecords {
  /** Merges into the document; answers the whole. */
  mergePipeline(pipeline: Pipeline): Promise<Pipeline>;
}

export interface PipelineRows {
  /** What the list of pipelines filters by. */
  update(pipeline: Pipeline): Promise<void>;
}

export function createRecordPipeline(records: PipelineRecords, rows: PipelineRows) {
  return implement(recordPipeline, async ({ pipeline }) => {
    await rows.update(await records.mergePipeline(pipeline));
    return {};
  });
}
