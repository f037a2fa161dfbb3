/** What keeps bytes from being UTF-8 text, with the line from 1 where they stop being it. */
export interface NotText {
  readonly line: number;
  readonly message: string;
}

/** The text of a file without its byte order mark, or what is wrong with it and what to do. */
export function utf8Text(content: Uint8Array): string | NotText {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    return { line: lineOfBadByte(content), message: notUtf8(content) };
  }
}

/** In words; bytes that begin like UTF-16 are called so. */
export function notUtf8([first, second]: Uint8Array): string {
  const wide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return wide ? "is UTF-16; save it as UTF-8" : "is not UTF-8 text; save it as UTF-8";
}

/** Line, from 1, of the first byte that belongs to no character. */
export function lineOfBadByte(content: Uint8Array): number {
  let line = 1;
  for (let begin = 0; begin < content.length; line += 1) {
    const feed = content.indexOf(0x0a, begin);
    const end = feed === -1 ? content.length : feed;
    if (!isUtf8(content.subarray(begin, end))) return line;
    begin = end + 1;
  }
  return 1;
}

function isUtf8(content: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(content);
    return true;
  } catch {
    return false;
  }
}
