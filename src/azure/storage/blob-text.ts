import { Readable } from "node:stream";
import type { BlobRequestConditions, BlockBlobClient } from "@azure/storage-blob";

const JSON_LINES = { blobHTTPHeaders: { blobContentType: "application/jsonl" } };
/** What lines are sent in; so many of them are held at most. */
const BLOCK_BYTES = 1024 * 1024;
const BLOCKS_AT_ONCE = 2;
const TEXT_CHARS = 64 * 1024;

/** Writes lines as they come; there is no blob before the last one was sent. */
export async function uploadLines(
  file: BlockBlobClient,
  content: AsyncIterable<Uint8Array | string>,
): Promise<void> {
  const stream = Readable.from(content, { objectMode: false });
  await file.uploadStream(stream, BLOCK_BYTES, BLOCKS_AT_ONCE, JSON_LINES);
}

/** Short texts as fewer, longer ones: a stream takes its time for each. */
export async function* inBlocks(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let block: string[] = [];
  let chars = 0;
  for await (const text of texts) {
    block.push(text);
    chars += text.length;
    if (chars < TEXT_CHARS) continue;
    yield block.join("");
    block = [];
    chars = 0;
  }
  if (chars > 0) yield block.join("");
}

export async function uploadText(
  file: BlockBlobClient,
  text: string,
  contentType: string,
  conditions: BlobRequestConditions = {},
): Promise<void> {
  await file.upload(text, Buffer.byteLength(text), {
    conditions,
    blobHTTPHeaders: { blobContentType: contentType },
  });
}

/** The body of a download as a stream of Node. */
export function streamOf(body: NodeJS.ReadableStream | undefined): Readable {
  if (body === undefined) return Readable.from([]);
  return body instanceof Readable ? body : new Readable().wrap(body);
}

export async function readAll(body: NodeJS.ReadableStream | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of streamOf(body)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

const LINE_FEED = 0x0a;

export interface Line {
  readonly text: string;
  /** Byte after the line and its line feed, counted from the start of the stream. */
  readonly end: number;
}

/** What arrives, cut where a line ends; the last block is what is left. */
export async function* blocksOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  for await (const chunk of stream) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) yield Buffer.concat([...held, chunk.subarray(0, end)]);
    if (end > 0) held = [];
    if (end < chunk.byteLength) held.push(chunk.subarray(end));
  }
  if (held.length > 0) yield Buffer.concat(held);
}

/** Lines as they arrive; an empty one is left out. */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let held: Uint8Array[] = [];
  let end = 0;
  for await (const chunk of stream) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      const text = Buffer.concat([...held, chunk.subarray(from, at)]).toString("utf8");
      held = [];
      from = at + 1;
      if (text.trim() !== "") yield { text, end: end + from };
    }
    if (from < chunk.byteLength) held.push(chunk.subarray(from));
    end += chunk.byteLength;
  }
  const rest = Buffer.concat(held).toString("utf8");
  if (rest.trim() !== "") yield { text: rest, end };
}
