import type { HttpHandler, HttpMethod } from "@azure/functions";
import { type PipelineSources, requirePipeline } from "./find-pipeline.ts";
import { withProblems } from "./problem.ts";

export const getPipelineTrigger = {
  methods: ["GET"] satisfies HttpMethod[],
  route: "pipelines/{id}",
  authLevel: "function",
} as const;

export function createGetPipeline(sources: PipelineSources): HttpHandler {
  return withProblems(async (request) => ({
    jsonBody: await requirePipeline(sources, request.params["id"] ?? ""),
  }));
}
