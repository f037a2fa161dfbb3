import type { PipelineError } from "#domain/errors.ts";
import { jsonMistake } from "#domain/json-mistake.ts";
import { isJsonObject, type JsonObject } from "#domain/json-object.ts";
import { kindOf } from "#domain/kind-of.ts";
import { BEGINNING, placeAfter, type TextPlace } from "#domain/text-place.ts";
import { badData } from "./bad-data.ts";
import { decoded } from "./text-lines.ts";

/** As much as a line of JSON Lines may have. */
const MAX_ITEM_CHARS = 16 * 1024 * 1024;

/**
 * The objects of a JSON array as they were written, each on a line of its own, as many at a time as
 * arrive together. Only where each one ends is looked for; what it is, the parser says, and `see` is
 * shown it. DATA_INVALID names the place.
 */
export async function* arrayItems(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  see: (row: JsonObject) => void,
): AsyncGenerator<readonly string[]> {
  let begun = false;
  let ended = false;
  let count = 0;
  /** What was not told yet, and where it begins. */
  let held = "";
  let from = BEGINNING;

  function pass(chars: number): void {
    from = placeAfter(from, held.slice(0, chars));
    held = held.slice(chars);
  }

  /** What has arrived up to the array's own bracket, or to the last item that is whole. */
  function* items(): Generator<string> {
    for (let end = endOfItem(held); end !== undefined; end = endOfItem(held)) {
      const text = held.slice(0, end);
      const mark = held[end];
      const isLast = mark !== ",";
      const isEmpty = count === 0 && mark === "]" && text.trim() === "";
      if (!isEmpty) {
        const row = mark === "}" ? undefined : parsed(text);
        if (row === undefined) throw invalid(file, from, arrayBefore(count), text + mark);
        count += 1;
        see(requireRow(file, row.value, count));
        yield onOneLine(text);
      }
      pass(end + 1);
      ended = isLast;
      if (ended) return;
    }
  }

  for await (const text of decoded(file, chunks, () => placeAfter(from, held).line)) {
    held += text;
    if (!begun) pass(blanksOf(held));
    if (!begun && held.startsWith("[")) {
      pass(1);
      begun = true;
    }
    if (begun && !ended) yield [...items()];
    if (ended && held.trim() !== "") throw invalid(file, from, "[]", held);
    if (held.length > MAX_ITEM_CHARS) {
      throw begun
        ? badData(file, null, `has more than 16 MiB at place ${count + 1}`)
        : noArray(file, from, held);
    }
  }
  if (!begun && held !== "") throw noArray(file, from, held);
  if (begun && !ended) throw invalid(file, from, arrayBefore(count), held);
}

function blanksOf(text: string): number {
  return text.length - text.trimStart().length;
}

/** Where the first item of `text` ends, at a comma or a bracket that is not its own; undefined where that has not arrived. */
function endOfItem(text: string): number | undefined {
  const marks = /["[\]{},]/g;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    switch (mark[0]) {
      case '"': {
        const end = endOfString(text, marks.lastIndex);
        if (end === undefined) return undefined;
        marks.lastIndex = end;
        break;
      }
      case "[":
      case "{":
        depth += 1;
        break;
      case ",":
        if (depth === 0) return mark.index;
        break;
      default:
        if (depth === 0) return mark.index;
        depth -= 1;
    }
  }
  return undefined;
}

/** After the quote that ends the string whose content begins at `from`; undefined where it has not arrived. */
function endOfString(text: string, from: number): number | undefined {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
  return undefined;
}

function requireRow(file: string, row: unknown, place: number): JsonObject {
  if (isJsonObject(row)) return row;
  throw badData(file, null, `has ${kindOf(row)} at place ${place}; a row has to be a JSON object`);
}

function onOneLine(text: string): string {
  // Within a string a line's end would be escaped.
  return text.trim().replaceAll(/\s*[\r\n]\s*/g, " ");
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // Its message quotes the text.
    return undefined;
  }
}

/** A text that does not begin as an array, whole unless it is too long for that. */
function noArray(file: string, from: TextPlace, text: string): PipelineError {
  const hint = text.startsWith("{") ? "; JSON Lines is called .jsonl" : "";
  const wanted = "a .json dataset has to be an array of objects";
  if (text.length > MAX_ITEM_CHARS) return badData(file, null, `is no array; ${wanted}${hint}`);
  const whole = parsed(text);
  return whole === undefined
    ? invalid(file, from, "", text, hint)
    : badData(file, null, `is ${kindOf(whole.value)}; ${wanted}`);
}

/** An array with as many items as a mistake after it can tell. */
function arrayBefore(count: number): string {
  return count === 0 ? "[" : "[0,";
}

/** For a `text` at `from` that, after `before`, is no JSON. */
function invalid(
  file: string,
  from: TextPlace,
  before: string,
  text: string,
  hint = "",
): PipelineError {
  const { at, what } = jsonMistake(before + text);
  const { line, character } = placeAfter(from, text.slice(0, at - before.length));
  return badData(file, line, `is not valid JSON from character ${character} on: ${what}${hint}`);
}
