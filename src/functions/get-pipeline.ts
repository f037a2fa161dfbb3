import type { HttpHandler, HttpMethod } from "@azure/functions";
import { type PipelineSources, requirePipeline } from "./find-pipeline.ts";
import { readRoute } from "./read-request.ts";

export const getPipelineTrigger = {
  methods: ["GET"] satisfies HttpMethod[],
  route: "pipelines/{id}",
  authLevel: "function",
} as const;

export function createGetPipeline(sources: PipelineSources): HttpHandler {
  return async (request) => {
    const { id } = readRoute(request, getPipelineTrigger.route);
    return { jsonBody: await requirePipeline(sources, id) };
  };
}
