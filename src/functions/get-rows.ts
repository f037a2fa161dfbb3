import { Readable } from "node:stream";
import type { HttpHandler, HttpMethod, HttpRequest, HttpResponseInit } from "@azure/functions";
import { Row } from "#domain/pipeline.ts";
import { type PipelineSources, requirePipeline } from "./find-pipeline.ts";
import { withProblems } from "./problem.ts";
import { PageQuery, readQuery } from "./read-request.ts";

export const getRowsTrigger = {
  methods: ["GET"] satisfies HttpMethod[],
  route: "pipelines/{id}/rows",
  authLevel: "function",
} as const;

type Outcome = Row["outcome"];

const RowsQuery = PageQuery.extend({ outcome: Row.shape.outcome.optional() });
const JSON_LINES = "application/jsonl";

export interface RowReader {
  /** Rejects with REQUEST_INVALID for an `after` that is no `next` of an earlier page. */
  page(
    id: string,
    outcome: Outcome | null,
    top: number,
    after: string | null,
  ): Promise<{ readonly items: readonly Row[]; readonly next: string | null }>;
  /** Each with its line feed. */
  lines(id: string, outcome: Outcome | null): AsyncIterable<string>;
}

/** A page of rows as JSON, or all of them as lines for whoever accepts `application/jsonl`. */
export function createGetRows(rows: RowReader, sources: PipelineSources): HttpHandler {
  return withProblems(async (request) => {
    const { outcome = null, top, after = null } = readQuery(request, RowsQuery);
    const { id } = await requirePipeline(sources, request.params["id"] ?? "");
    if (wantsLines(request)) return linesResponse(rows.lines(id, outcome));
    return { jsonBody: await rows.page(id, outcome, top, after) };
  });
}

function wantsLines(request: HttpRequest): boolean {
  return request.headers.get("accept")?.includes(JSON_LINES) ?? false;
}

function linesResponse(lines: AsyncIterable<string>): HttpResponseInit {
  const body = Readable.toWeb(Readable.from(lines, { objectMode: false }));
  return { headers: { "content-type": JSON_LINES }, body: body as ReadableStream };
}
