import { Readable } from "node:stream";
import type { BlockBlobClient } from "@azure/storage-blob";
import { PipelineError } from "#domain/errors.ts";
import { Row } from "#domain/pipeline.ts";
import { linesOf, streamOf } from "./blob-text.ts";
import { guard, ifThere, type Storage } from "./connect.ts";

const CONTAINER = "results";
const JSON_LINES = { blobHTTPHeaders: { blobContentType: "application/jsonl" } };

export interface RowsPage {
  readonly items: readonly Row[];
  /** Where the next page begins; null on the last one. */
  readonly next: string | null;
}

export type Outcome = Row["outcome"];

/** Rows of a pipeline: one part per run while it works, `rows.jsonl` when all are there. */
export function createRows(storage: Storage) {
  async function blob(name: string): Promise<BlockBlobClient> {
    return (await storage.container(CONTAINER)).getBlockBlobClient(name);
  }

  async function open(name: string, offset = 0): Promise<Readable | null> {
    const file = await blob(name);
    // An offset at the very end is no range for the service.
    if (offset > 0 && offset >= ((await sizeOf(file)) ?? 0)) return Readable.from([]);
    return ifThere(`read ${name}`, async () =>
      streamOf((await file.download(offset)).readableStreamBody),
    );
  }

  async function upload(name: string, content: AsyncIterable<Uint8Array | string>): Promise<void> {
    const file = await blob(name);
    const stream = Readable.from(content, { objectMode: false });
    await guard(`write ${name}`, () => file.uploadStream(stream, undefined, undefined, JSON_LINES));
  }

  return {
    /** The rows of one run; written again as a whole when the step repeats. */
    async writePart(id: string, part: number, rows: AsyncIterable<Row>): Promise<void> {
      await upload(partName(id, part), textOf(rows));
    },

    /** All parts one after the other as `rows.jsonl`; a run that never gave rows has no part. */
    async publish(id: string, parts: number): Promise<void> {
      async function* all(): AsyncGenerator<Uint8Array> {
        for (let part = 0; part < parts; part += 1) yield* (await open(partName(id, part))) ?? [];
      }
      await upload(rowsName(id), all());
    },

    /** A page of rows; empty until they are published. REQUEST_INVALID if `after` is not the `next` of a page. */
    async page(
      id: string,
      outcome: Outcome | null,
      top: number,
      after: string | null,
    ): Promise<RowsPage> {
      const start = after === null ? 0 : offsetOf(after);
      const stream = await open(rowsName(id), start);
      if (stream === null) return { items: [], next: null };
      const items: Row[] = [];
      let end = start;
      for await (const line of linesOf(stream)) {
        const row = rowOf(line.text, after);
        if (outcome !== null && row.outcome !== outcome) continue;
        if (items.length === top) return { items, next: tokenOf(end) };
        items.push(row);
        end = start + line.end;
      }
      return { items, next: null };
    },

    /** All rows as lines of text, as they arrive; nothing until they are published. */
    async *lines(id: string, outcome: Outcome | null): AsyncGenerator<string> {
      for await (const { text } of linesOf((await open(rowsName(id))) ?? Readable.from([]))) {
        if (outcome === null || rowOf(text, null).outcome === outcome) yield `${text}\n`;
      }
    },
  };
}

export type Rows = ReturnType<typeof createRows>;

async function sizeOf(file: BlockBlobClient): Promise<number | undefined> {
  const found = await ifThere(`look at ${file.name}`, () => file.getProperties());
  return found?.contentLength;
}

async function* textOf(rows: AsyncIterable<Row>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}

/** Within a page that somebody asked for, a broken line means that they made `after` up. */
function rowOf(text: string, after: string | null): Row {
  try {
    return Row.parse(JSON.parse(text));
  } catch (cause) {
    if (after !== null) throw badAfter(cause);
    throw cause;
  }
}

function tokenOf(offset: number): string {
  return Buffer.from(`rows:${offset}`).toString("base64url");
}

function offsetOf(token: string): number {
  const text = Buffer.from(token, "base64url").toString("utf8");
  const digits = /^rows:(\d{1,15})$/.exec(text)?.[1];
  if (digits === undefined || tokenOf(Number(digits)) !== token) throw badAfter();
  return Number(digits);
}

function badAfter(cause?: unknown): PipelineError {
  const problem = { path: "after", message: "has to be the next of an earlier page" };
  return new PipelineError("REQUEST_INVALID", "after is not a page of these rows.", {
    problems: [problem],
    cause,
  });
}

function partName(id: string, part: number): string {
  return `${id}/rows-${part}.jsonl`;
}

function rowsName(id: string): string {
  return `${id}/rows.jsonl`;
}
