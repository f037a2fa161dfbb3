import { badData } from "./bad-data.ts";

/** Nobody writes a longer one by hand or by program on purpose. */
const MAX_LINE_CHARS = 16 * 1024 * 1024;

/** Lines of UTF-8 text as they arrive, without their ends. DATA_INVALID for anything else. */
export async function* textLines(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  let rest = "";
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      throw badData(file, line, "is not UTF-8 text; save the dataset as UTF-8");
    }
  };
  for await (const chunk of chunks) {
    const lines = (rest + decode(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) {
      yield text;
      line += 1;
    }
    if (rest.length > MAX_LINE_CHARS) throw badData(file, line, "is longer than 16 MiB");
  }
  yield rest + decode();
}

/** The whole text at once, for formats that are not made of lines. */
export async function wholeText(file: string, chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const lines: string[] = [];
  for await (const line of textLines(file, chunks)) lines.push(line);
  return lines.join("\n");
}
