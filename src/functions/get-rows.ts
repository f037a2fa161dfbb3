import { ReadableStream } from "node:stream/web";
import type { HttpHandler, HttpMethod, HttpRequest } from "@azure/functions";
import { Row } from "#domain/pipeline.ts";
import type { Caller, Callers } from "./callers.ts";
import { type PipelineSources, requirePipeline } from "./find-pipeline.ts";
import { PageQuery, readQuery, readRoute } from "./read-request.ts";

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
  /** Whole lines, each with its line feed, as they are read from storage; `gone` stops that. */
  lines(id: string, outcome: Outcome | null, gone: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** A page of rows as JSON, or all of them as lines for whoever accepts `application/jsonl`. */
export function createGetRows(
  rows: RowReader,
  sources: PipelineSources,
  callers: Callers,
): HttpHandler {
  return async (request, { invocationId }) => {
    const { outcome = null, top, after = null } = readQuery(request, RowsQuery);
    const { id } = await requirePipeline(sources, readRoute(request, getRowsTrigger.route).id);
    if (!wantsLines(request)) return { jsonBody: await rows.page(id, outcome, top, after) };
    const caller = callers.find(invocationId);
    const lines = await rows.lines(id, outcome, caller.gone);
    return {
      headers: { "content-type": JSON_LINES },
      body: ReadableStream.from(sent(lines, caller)),
    };
  };
}

function wantsLines(request: HttpRequest): boolean {
  return request.headers.get("accept")?.includes(JSON_LINES) ?? false;
}

/** No faster than the caller takes them; what fails half-way is thrown, and seen by the caller. */
async function* sent(lines: AsyncIterable<Uint8Array>, caller: Caller): AsyncGenerator<Uint8Array> {
  try {
    for await (const some of lines) {
      yield some;
      await caller.ready();
    }
  } catch (error) {
    if (caller.gone.aborted) return;
    caller.breakOff();
    throw error;
  }
}
