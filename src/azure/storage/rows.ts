import { Readable } from "node:stream";
import type { BlockBlobClient } from "@azure/storage-blob";
import { PipelineError } from "#domain/errors.ts";
import { Row } from "#domain/pipeline.ts";
import { blocksOf, inBlocks, linesOf, streamOf, uploadLines } from "./blob-text.ts";
import { guard, ifThere, type Storage, statusOf } from "./connect.ts";
import { guarded, openVersion } from "./download.ts";

const CONTAINER = "results";

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

  async function upload(name: string, content: AsyncIterable<Uint8Array | string>): Promise<void> {
    const file = await blob(name);
    await guard(`write ${name}`, () => uploadLines(file, content));
  }

  return {
    /** The rows of one run; written again as a whole when the step repeats. */
    async writePart(id: string, part: number, pages: AsyncIterable<readonly Row[]>): Promise<void> {
      await upload(partName(id, part), inBlocks(textsOf(pages)));
    },

    /** All parts one after the other as `rows.jsonl`; a run that never gave rows has no part. */
    async publish(id: string, parts: number): Promise<void> {
      async function* all(): AsyncGenerator<Uint8Array> {
        for (let part = 0; part < parts; part += 1) {
          const name = partName(id, part);
          const file = await blob(name);
          const content = await ifThere(`read ${name}`, () => openVersion(file));
          if (content !== null) yield* guarded(`read ${name}`, content);
        }
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

async function* textsOf(pages: AsyncIterable<readonly Row[]>): AsyncGenerator<string> {
  for await (const rows of pages) yield rows.map((row) => `${JSON.stringify(row)}\n`).join("");
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

function partName(id: string, part: number): string {
  return `${id}/rows-${part}.jsonl`;
}

function rowsName(id: string): string {
  return `${id}/rows.jsonl`;
}
