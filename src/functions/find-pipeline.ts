import { PipelineError } from "#domain/errors.ts";
import type { Pipeline } from "#domain/pipeline.ts";
import { newPipeline } from "#domain/progress.ts";
import type { AcceptedPipeline } from "#domain/request.ts";

export interface PipelineSources {
  readonly pipelines: {
    read(id: string): Promise<{ accepted: AcceptedPipeline | null } | null>;
  };
  readonly documents: {
    /** Null until the pipeline's first record was written. */
    readPipeline(id: string): Promise<Pipeline | null>;
  };
}

/** Longer than any id we make; Azure Tables and Blob storage have names of their own that would be refused. */
const PIPELINE_ID = /^[a-z][a-z0-9-]{0,99}$/;

/** The document; one that was accepted a moment ago has done nothing yet. Null where nobody knows the id. */
export async function findPipeline(
  { pipelines, documents }: PipelineSources,
  id: string,
): Promise<Pipeline | null> {
  if (!PIPELINE_ID.test(id)) return null;
  const document = await documents.readPipeline(id);
  if (document !== null) return document;
  const row = await pipelines.read(id);
  return row?.accepted == null ? null : newPipeline(row.accepted);
}

/** The same; rejects with PIPELINE_UNKNOWN. */
export async function requirePipeline(sources: PipelineSources, id: string): Promise<Pipeline> {
  const pipeline = await findPipeline(sources, id);
  if (pipeline !== null) return pipeline;
  throw new PipelineError("PIPELINE_UNKNOWN", `There is no pipeline ${id}.`);
}
