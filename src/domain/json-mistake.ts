import { isJsonObject, type JsonObject } from "./json-object.ts";
import { kindOf } from "./kind-of.ts";
import { BEGINNING, placeAfter } from "./text-place.ts";

/** Where a text stops being JSON. Never quotes the text: it may be a row's. */
export interface JsonMistake {
  /** Characters before it. */
  readonly at: number;
  /** What stands there, or is wanted there. */
  readonly what: string;
}

/** What is wrong with a text, in words, and the line from 1 where it is. */
interface JsonProblem {
  readonly line: number;
  readonly message: string;
}

/** The object that a text in JSON is. */
export function jsonObject(text: string): { readonly value: JsonObject } | JsonProblem {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return whereWrong(text);
  }
  if (isJsonObject(value)) return { value };
  return { line: 1, message: `is ${kindOf(value)}; it has to be a JSON object, in { }` };
}
/** What keeps a text from being JSON; undefined where nothing does. */
export function jsonProblem(text: string): JsonProblem | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return whereWrong(text);
  }
}

function whereWrong(text: string): JsonProblem {
  const { at, what } = jsonMistake(text);
  const { line } = placeAfter(BEGINNING, text.slice(0, at));
  return { line, message: `is not valid JSON: ${what}` };
}

const BLANK = /[ \t\r\n]*/y;
const WORD = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Of a text that `JSON.parse` refuses, which does not always say where. */
export function jsonMistake(text: string): JsonMistake {
  let at = 0;
  const open: ("{" | "[")[] = [];
  let wants: "value" | "key" | "colon" | "end" = "value";
  let mayClose = false;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? "";
    at += found.length;
    return found !== "";
  };
  const skipString = (): boolean => {
    const end = endOfString(text, at);
    at = end ?? at;
    return end !== undefined;
  };
  const close = (mark: string): boolean => {
    const inside = open.at(-1);
    if (inside === undefined || mark !== (inside === "{" ? "}" : "]")) return false;
    open.pop();
    at += 1;
    wants = "end";
    return true;
  };
  for (;;) {
    skip(BLANK);
    const mark = text[at] ?? "";
    if (wants === "end") {
      if (mark === "," && open.length > 0) {
        at += 1;
        wants = open.at(-1) === "{" ? "key" : "value";
        mayClose = false;
      } else if (!close(mark)) return { at, what: afterValue(mark, open.at(-1)) };
    } else if (wants === "colon") {
      if (mark !== ":") return { at, what: "a colon is missing after a key" };
      at += 1;
      wants = "value";
      mayClose = false;
    } else if ((mark === "}" || mark === "]") && open.length > 0) {
      if (!mayClose) return { at, what: beforeClosing(text.slice(0, at), mark) };
      if (!close(mark)) return { at, what: `a ${mark} that closes nothing` };
    } else if (wants === "key") {
      if (!skipString()) return { at, what: badKey(mark) };
      wants = "colon";
    } else if (mark === "{" || mark === "[") {
      open.push(mark);
      at += 1;
      wants = mark === "{" ? "key" : "value";
      mayClose = true;
    } else if (skipString() || skip(WORD)) wants = "end";
    else return { at, what: badValue(mark, text.slice(at)) };
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON wants them escaped.
const MARK_IN_STRING = /["\\\u0000-\u001f]/g;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * After the string that begins at `begin`; undefined if there is none. Goes from mark to mark: one
 * pattern for all of a long string would need more stack than there is.
 */
function endOfString(text: string, begin: number): number | undefined {
  if (text[begin] !== '"') return undefined;
  let at = begin + 1;
  for (;;) {
    MARK_IN_STRING.lastIndex = at;
    const mark = MARK_IN_STRING.exec(text);
    if (mark === null) return undefined;
    if (mark[0] === '"') return mark.index + 1;
    ESCAPE.lastIndex = mark.index;
    if (!ESCAPE.test(text)) return undefined;
    at = ESCAPE.lastIndex;
  }
}

function beforeClosing(before: string, mark: string): string {
  return before.trimEnd().endsWith(",")
    ? `a comma too much before ${mark}`
    : `a value is missing before ${mark}`;
}

function afterValue(mark: string, inside: "{" | "[" | undefined): string {
  if (mark === "" && inside !== undefined) return `it ends before a ${inside === "{" ? "}" : "]"}`;
  if (inside === undefined) return `${mark === "," ? "a comma" : "something"} stands after its end`;
  return 'a comma is missing, or a quote within a text (which is written \\")';
}

function badKey(mark: string): string {
  if (mark === "") return "it ends before a }";
  if (mark === "'") return 'a key stands in double quotes (")';
  if (mark === '"') return "a key is not closed, or has a character that needs a backslash";
  return 'a key has to stand here, in double quotes (")';
}

function badValue(mark: string, rest: string): string {
  if (mark === "") return "it ends where a value has to stand";
  if (mark === "'") return 'a text stands in double quotes (")';
  if (mark === '"') return "a text is not closed, or a character in it needs a backslash";
  if (/^[-+]?(NaN|Infinity)/.test(rest))
    return "NaN and Infinity are no JSON; write null, or leave the row out";
  if (/^(True|False|None)\b/.test(rest)) return "JSON writes true, false and null";
  if (mark === "/" || mark === "#") return "JSON has no comments";
  return 'a value has to stand here: a text needs double quotes (")';
}
