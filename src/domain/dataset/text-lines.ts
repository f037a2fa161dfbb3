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

/** UTF-8 text as it arrives, without a byte order mark; DATA_INVALID at the line of `lineNow` for anything else. */
export async function* decoded(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  lineNow: () => number | null,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      throw badData(file, lineNow(), "is not UTF-8 text; save the dataset as UTF-8");
    }
  };
  for await (const chunk of chunks) yield decode(chunk);
  yield decode();
}
