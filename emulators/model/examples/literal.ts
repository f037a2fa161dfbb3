interface Read {
  readonly value: unknown;
  /** Index behind it. */
  readonly end: number;
}

const STRING = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null|True|False|None/y;
const SPACE = /\s*/y;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };
const WORDS: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
};
const DEEPEST = 20;

/** The JSON value or Python literal that starts at `at`; undefined if there is none. */
export function readLiteral(text: string, at: number, depth = 0): Read | undefined {
  if (depth > DEEPEST) return undefined;
  if (text[at] === "{") return readObject(text, at, depth);
  if (text[at] === "[") return readList(text, at, depth);
  const string = match(STRING, text, at);
  if (string !== undefined) return { value: unquote(string), end: at + string.length };
  const number = match(NUMBER, text, at);
  if (number !== undefined) return { value: Number(number), end: at + number.length };
  const word = match(WORD, text, at);
  return word === undefined ? undefined : { value: WORDS[word] ?? null, end: at + word.length };
}

function readObject(text: string, start: number, depth: number): Read | undefined {
  const entries: [string, unknown][] = [];
  let at = skipSpace(text, start + 1);
  while (text[at] !== "}") {
    const key = readLiteral(text, at, depth + 1);
    if (typeof key?.value !== "string") return undefined;
    const colon = skipSpace(text, key.end);
    if (text[colon] !== ":") return undefined;
    const value = readLiteral(text, skipSpace(text, colon + 1), depth + 1);
    if (!value) return undefined;
    entries.push([key.value, value.value]);
    const next = skipComma(text, value.end, "}");
    if (next === undefined) return undefined;
    at = next;
  }
  return { value: Object.fromEntries(entries), end: at + 1 };
}

function readList(text: string, start: number, depth: number): Read | undefined {
  const items: unknown[] = [];
  let at = skipSpace(text, start + 1);
  while (text[at] !== "]") {
    const item = readLiteral(text, at, depth + 1);
    if (!item) return undefined;
    items.push(item.value);
    const next = skipComma(text, item.end, "]");
    if (next === undefined) return undefined;
    at = next;
  }
  return { value: items, end: at + 1 };
}

/** Where the next item or the closing bracket is; undefined if neither may follow. */
function skipComma(text: string, end: number, closing: string): number | undefined {
  const at = skipSpace(text, end);
  if (text[at] === closing) return at;
  return text[at] === "," ? skipSpace(text, at + 1) : undefined;
}

function skipSpace(text: string, at: number): number {
  return at + (match(SPACE, text, at)?.length ?? 0);
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function unquote(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g, (_, u, x, other: string) =>
      other === undefined
        ? String.fromCharCode(Number.parseInt(u ?? x, 16))
        : (ESCAPES[other] ?? other),
    );
}
