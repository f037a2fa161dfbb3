import type { PipelineError } from "#domain/errors.ts";
import { badData } from "./bad-data.ts";
import { kindOf } from "./kind-of.ts";

/** As much as a line of JSON Lines may have. */
const MAX_ITEM_CHARS = 16 * 1024 * 1024;

/**
 * The objects of a JSON array as they were written, each on a line of its own, as many at a time as
 * arrive together. Only where each one ends is looked for; what it is, the parser says. DATA_INVALID
 * names the place.
 */
export async function* arrayItems(
  file: string,
  texts: AsyncIterable<string>,
): AsyncGenerator<readonly string[]> {
  let begun = false;
  let ended = false;
  let place = 0;
  /** What was not told yet; `passed` characters came before it. */
  let held = "";
  let passed = 0;

  function pass(count: number): void {
    held = held.slice(count);
    passed += count;
  }

  /** What has arrived up to the array's own bracket, or to the last item that is whole. */
  function* items(): Generator<string> {
    for (let end = endOfItem(held); end !== undefined; end = endOfItem(held)) {
      const text = held.slice(0, end);
      const isLast = held[end] !== ",";
      if (place > 0 || !isLast || text.trim() !== "") {
        place += 1;
        yield onOneLine(file, text, passed, place);
      }
      if (held[end] === "}") throw invalid(file, passed + end);
      pass(end + 1);
      ended = isLast;
      if (ended) return;
    }
  }

  for await (const text of texts) {
    held += text;
    if (!begun) pass(blanksOf(held));
    if (!begun && held !== "") {
      requireArray(file, held, passed);
      pass(1);
      begun = true;
    }
    if (begun && !ended) yield [...items()];
    if (ended && held.trim() !== "") throw invalid(file, passed + blanksOf(held));
    if (held.length > MAX_ITEM_CHARS) {
      throw badData(file, null, `has more than 16 MiB at place ${place + 1}`);
    }
  }
  if (begun && !ended) throw invalid(file, passed + held.length);
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

function onOneLine(file: string, text: string, before: number, place: number): string {
  const kind = kindOf(parse(file, text, before));
  if (kind !== "an object") {
    throw badData(file, null, `has ${kind} at place ${place}; a row has to be a JSON object`);
  }
  // Within a string a line's end would be escaped.
  return text.trim().replaceAll(/\s*[\r\n]\s*/g, " ");
}

function parse(file: string, text: string, before: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own message quotes the text, and tells no position in a short one.
    const position = /position (\d+)/.exec(String(error))?.[1];
    throw invalid(file, before + Number(position ?? blanksOf(text)));
  }
}

function requireArray(file: string, text: string, before: number): void {
  const first = text.slice(0, 1);
  if (first === "[") return;
  const kind = first === "{" ? "an object" : first === '"' ? "a string" : undefined;
  if (kind === undefined) throw invalid(file, before);
  throw badData(file, null, `is ${kind}; a .json dataset has to be an array of objects`);
}

/** `position` counts the characters of the file from 0. */
function invalid(file: string, position: number): PipelineError {
  return badData(file, null, `is not valid JSON from character ${position + 1} on`);
}
