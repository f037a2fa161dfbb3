import type { HttpHandler, HttpMethod, InvocationContext } from "@azure/functions";
import type { Pipeline } from "#domain/pipeline.ts";
import { newPipeline } from "#domain/progress.ts";
import { PipelineRequest } from "#domain/request.ts";
import type { Accepted } from "./accept-pipeline.ts";
import { readBody } from "./read-request.ts";

export const startPipelineTrigger = {
  methods: ["POST"] satisfies HttpMethod[],
  route: "pipelines",
  authLevel: "function",
} as const;

type Accept = (context: InvocationContext, request: PipelineRequest) => Promise<Accepted>;

export interface PipelineDocuments {
  /** Null until the pipeline's first record was written. */
  readPipeline(id: string): Promise<Pipeline | null>;
}

export function createStartPipeline(accept: Accept, documents: PipelineDocuments): HttpHandler {
  return async (request, context) => {
    const body = await readBody(request, PipelineRequest);
    const { accepted, isNew } = await accept(context, body);
    const pipeline = (await documents.readPipeline(accepted.id)) ?? newPipeline(accepted);
    return {
      status: isNew ? 202 : 200,
      headers: { location: `/api/pipelines/${accepted.id}` },
      jsonBody: pipeline,
    };
  };
}
