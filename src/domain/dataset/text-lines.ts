import { lineOfBadByte, notUtf8 } from "#domain/utf8-text.ts";
import { badData } from "./bad-data.ts";

/** Nobody writes a longer one by hand or by program on purpose. */
const MAX_LINE_CHARS = 16 * 1024 * 1024;

/**
 * Lines of UTF-8 text without their ends, as many at a time as arrive together: to wait for each alone
 * costs more than the line. DATA_INVALID for anything else.
 */
export async function* textLines(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly string[]> {
  let line = 1;
  let rest = "";
  for await (const text of decoded(file, chunks, () => line)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0) yield lines;
    line += lines.length;
    if (rest.length > MAX_LINE_CHARS) throw badData(file, line, "is longer than 16 MiB");
  }
  yield [rest];
}

/**
 * UTF-8 text as it arrives, without a byte order mark. DATA_INVALID names the line of anything else;
 * `lineNow` is the one that what has arrived so far ends in.
 */
export async function* decoded(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  lineNow: () => number,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let before: Uint8Array = new Uint8Array();
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      const bytes = Buffer.concat([lastCharacter(before), chunk ?? new Uint8Array()]);
      throw badData(file, lineNow() + lineOfBadByte(bytes) - 1, notUtf8(bytes));
    }
  };
  for await (const chunk of chunks) {
    yield decode(chunk);
    before = chunk;
  }
  yield decode();
}

/** Its bytes, which may be the beginning of one that goes on in the next chunk. */
function lastCharacter(chunk: Uint8Array): Uint8Array {
  const first = chunk.findLastIndex((byte) => (byte & 0xc0) !== 0x80);
  // A line feed was counted with its chunk.
  return first === -1 || chunk[first] === 0x0a ? new Uint8Array() : chunk.subarray(first);
}
