import { Readable } from "node:stream";
import { PipelineError } from "#domain/errors.ts";
import { Row } from "#domain/pipeline.ts";
import { blocksOf, linesOf, streamOf } from "./blob-text.ts";
import { guard, ifThere, type Storage, statusOf } from "./connect.ts";
import { createRowFiles, rowsName } from "./row-files.ts";

export interface RowsPage {
  readonly items: readonly Row[];
  /** Where the next page begins; null on the last one. */
  readonly next: string | null;
}

export type Outcome = Row["outcome"];

/** Rows of a pipeline, and what is read of them from outside. */
export function createRows(storage: Storage) {
  const { blob, ...files } = createRowFiles(storage);

  async function open(
    name: string,
    offset = 0,
    gone = new AbortController().signal,
  ): Promise<Readable | null> {
    const file = await blob(name);
    return ifThere(`read ${name}`, async () => {
      const { readableStreamBody } = await file.download(offset, undefined, { abortSignal: gone });
      return streamOf(readableStreamBody);
    });
  }

  async function isLineStart(id: string, offset: number): Promise<boolean> {
    if (offset === 0) return true;
    const file = await blob(rowsName(id));
    const read = () => file.downloadToBuffer(offset - 1, 1);
    const before = await guard(`read ${rowsName(id)}`, read, [404, 416]).catch((error: unknown) => {
      if (statusOf(error) === undefined) throw error;
      return undefined;
    });
    return before?.toString() === "\n";
  }

  return {
    ...files,

    /** A page of rows; empty until they are published. REQUEST_INVALID if `after` is not the `next` of a page. */
    async page(
      id: string,
      outcome: Outcome | null,
      top: number,
      after: string | null,
    ): Promise<RowsPage> {
      const start = after === null ? 0 : offsetOf(after);
      if (!(await isLineStart(id, start))) throw badAfter();
      const stream = await open(rowsName(id), start);
      if (stream === null) return { items: [], next: null };
      const items: Row[] = [];
      let end = start;
      for await (const { row, end: after } of rowsOf(stream, outcome)) {
        if (items.length === top) return { items, next: tokenOf(end) };
        items.push(row);
        end = start + after;
      }
      return { items, next: null };
    },

    /** All rows as whole lines, as they arrive until somebody is `gone`; nothing until they are published. */
    async lines(
      id: string,
      outcome: Outcome | null,
      gone?: AbortSignal,
    ): Promise<AsyncIterable<Uint8Array>> {
      const stream = (await open(rowsName(id), 0, gone)) ?? Readable.from([]);
      return outcome === null ? stream : linesWith(outcome, stream);
    },
  };
}

/** Many lines at a time, and of each no more than decides: row by row it takes more than twice the time. */
async function* linesWith(outcome: Outcome, stream: Readable): AsyncGenerator<Uint8Array> {
  for await (const block of blocksOf(stream)) {
    const lines = block.toString("utf8").split("\n").filter(Boolean);
    const kept = lines.filter((line) => (JSON.parse(line) as Row).outcome === outcome);
    if (kept.length > 0) yield Buffer.from(`${kept.join("\n")}\n`);
  }
}

async function* rowsOf(stream: Readable, outcome: Outcome | null) {
  for await (const { text, end } of linesOf(stream)) {
    const row = Row.parse(JSON.parse(text));
    if (outcome === null || row.outcome === outcome) yield { row, text, end };
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

function badAfter(): PipelineError {
  const problem = { path: "after", message: "has to be the next of an earlier page" };
  return new PipelineError("REQUEST_INVALID", "after is not a page of these rows.", {
    problems: [problem],
  });
}
