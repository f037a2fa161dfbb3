import { PipelineError } from "#domain/errors.ts";
import { jsonMistake } from "#domain/json-mistake.ts";
import { isJsonObject, type JsonObject } from "#domain/json-object.ts";
import { kindOf } from "#domain/kind-of.ts";
import { badData } from "./bad-data.ts";
import { textLines } from "./text-lines.ts";

/** Bad lines that are named after the first. */
const MAX_MORE = 5;

/**
 * Lines with an object each, as they were written, as many at a time as arrive together; blank ones are
 * skipped. `see` is shown every object. DATA_INVALID tells what is wrong with the first bad line, and
 * names some after it.
 */
export async function* jsonLines(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  see: (row: JsonObject) => void,
): AsyncGenerator<readonly string[]> {
  let line = 0;
  let first: PipelineError | undefined;
  const more: number[] = [];
  for await (const texts of textLines(file, chunks)) {
    const rows: string[] = [];
    for (const text of texts) {
      line += 1;
      const row = text.trim();
      if (row === "") continue;
      const read = readRow(file, line, row);
      if (!(read instanceof PipelineError)) {
        see(read);
        rows.push(row);
      } else if (first === undefined) first = read;
      else more.push(line);
    }
    if (more.length > MAX_MORE) break;
    if (first === undefined) yield rows;
  }
  if (first !== undefined) throw withLines(first, more);
}

function withLines(error: PipelineError, lines: readonly number[]): PipelineError {
  const [only, ...others] = lines;
  if (only === undefined) return error;
  const named = lines.slice(0, MAX_MORE).join(", ");
  const more = lines.length > MAX_MORE ? " and more" : "";
  const also = others.length === 0 ? `line ${only} is` : `lines ${named}${more} are`;
  return new PipelineError(error.code, `${error.message} Also ${also} no row.`, error);
}

const ARRAY_FILE = ", and a file that is one array is called .json";

function readRow(file: string, line: number, text: string): JsonObject | PipelineError {
  const value = parse(file, line, text);
  if (value instanceof PipelineError || isJsonObject(value)) return value;
  const hint = Array.isArray(value) && line === 1 ? ARRAY_FILE : "";
  return badData(file, line, `is ${kindOf(value)}; a row has to be a JSON object${hint}`);
}

function parse(file: string, line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    const { at, what } = jsonMistake(text);
    const hint = text.startsWith("[") && line === 1 ? ARRAY_FILE : "";
    const wanted = `JSON Lines has one object on each line${hint}`;
    return badData(file, line, `is not valid JSON from character ${at + 1} on: ${what}; ${wanted}`);
  }
}
