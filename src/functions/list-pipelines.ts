import type { HttpHandler, HttpMethod } from "@azure/functions";
import { AppName } from "#domain/manifest/manifest.ts";
import { PipelineStatus } from "#domain/pipeline.ts";
import { findPipeline, type PipelineSources } from "./find-pipeline.ts";
import { PageQuery, readQuery } from "./read-request.ts";

export const listPipelinesTrigger = {
  methods: ["GET"] satisfies HttpMethod[],
  route: "pipelines",
  authLevel: "function",
} as const;

const ListQuery = PageQuery.extend({
  app: AppName.optional(),
  status: PipelineStatus.optional(),
});

/** Documents read at once for a page. */
const AT_ONCE = 20;

export interface PipelineList {
  /** Newest first. Rejects with REQUEST_INVALID for an `after` that is no `next` of an earlier page. */
  list(
    filter: { app?: string | undefined; status?: PipelineStatus | undefined },
    top: number,
    after: string | null,
  ): Promise<{ readonly items: readonly { readonly id: string }[]; readonly next: string | null }>;
}

export function createListPipelines(list: PipelineList, sources: PipelineSources): HttpHandler {
  return async (request) => {
    const { app, status, top, after } = readQuery(request, ListQuery);
    const page = await list.list({ app, status }, top, after ?? null);
    const items = [];
    for (let first = 0; first < page.items.length; first += AT_ONCE) {
      const some = page.items.slice(first, first + AT_ONCE);
      const found = await Promise.all(some.map(({ id }) => findPipeline(sources, id)));
      items.push(...found.filter((pipeline) => pipeline !== null));
    }
    return { jsonBody: { items, next: page.next } };
  };
}
