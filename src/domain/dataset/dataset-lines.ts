import { badData } from "./bad-data.ts";
import { delimitedRows } from "./delimited.ts";
import { textLines, wholeText } from "./text-lines.ts";

/**
 * The rows of a dataset as lines of JSON, one object each, in order. The ending of `file` tells the
 * format: `.json` is an array of objects, `.csv` and `.tsv` have a header, anything else is JSON Lines,
 * whose blank lines are skipped. DATA_INVALID names file and line.
 */
export async function* datasetLines(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<string> {
  const ending = /\.[^./]*$/.exec(file)?.[0].toLowerCase();
  switch (ending) {
    case ".json":
      yield* arrayLines(file, await wholeText(file, chunks));
      return;
    case ".csv":
    case ".tsv":
      yield* delimitedLines(file, chunks, ending === ".csv" ? "," : "\t");
      return;
    case ".parquet":
      throw badData(file, null, "is Parquet; send the dataset as JSON Lines (.jsonl)");
    default:
      yield* jsonLines(file, chunks);
  }
}

async function* jsonLines(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let line = 0;
  for await (const text of textLines(file, chunks)) {
    line += 1;
    const row = text.trim();
    if (row === "") continue;
    const kind = kindOf(parse(file, line, row));
    if (kind !== "an object")
      throw badData(file, line, `is ${kind}; a row has to be a JSON object`);
    // As it was written: parsing would round long numbers.
    yield row;
  }
}

async function* delimitedLines(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  separator: "," | "\t",
): AsyncGenerator<string> {
  for await (const row of delimitedRows(file, textLines(file, chunks), separator)) {
    yield JSON.stringify(row);
  }
}

function* arrayLines(file: string, text: string): Generator<string> {
  if (text.trim() === "") return;
  const rows = parse(file, null, text);
  if (!Array.isArray(rows)) {
    throw badData(file, null, `is ${kindOf(rows)}; a .json dataset has to be an array of objects`);
  }
  for (const [index, row] of rows.entries()) {
    const kind = kindOf(row);
    if (kind !== "an object") {
      throw badData(file, null, `has ${kind} at place ${index + 1}; a row has to be a JSON object`);
    }
    yield JSON.stringify(row);
  }
}

function parse(file: string, line: number | null, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own message quotes the text.
    const position = /position (\d+)/.exec(String(error))?.[1];
    const column = position === undefined ? "" : ` from character ${Number(position) + 1} on`;
    const wanted = line === null ? "" : "; JSON Lines has one object on each line";
    throw badData(file, line, `is not valid JSON${column}${wanted}`);
  }
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
