import { arrayItems } from "./array-items.ts";
import { badData } from "./bad-data.ts";
import { delimitedRows } from "./delimited.ts";
import { kindOf } from "./kind-of.ts";
import { decoded, textLines } from "./text-lines.ts";

/**
 * The rows of a dataset as lines of JSON, one object each, in order, as many at a time as arrive
 * together. The ending of `file` tells the format: `.json` is an array of objects, `.csv` and `.tsv`
 * have a header, anything else is JSON Lines, whose blank lines are skipped. JSON stays as it was
 * written: parsing would round long numbers. DATA_INVALID names file and line, or place.
 */
export async function* datasetLines(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly string[]> {
  const ending = /\.[^./]*$/.exec(file)?.[0].toLowerCase();
  switch (ending) {
    case ".json":
      yield* arrayItems(
        file,
        decoded(file, chunks, () => null),
      );
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

async function* jsonLines(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly string[]> {
  let line = 0;
  for await (const texts of textLines(file, chunks)) {
    const rows: string[] = [];
    for (const text of texts) {
      line += 1;
      const row = text.trim();
      if (row === "") continue;
      const kind = kindOf(parse(file, line, row));
      if (kind !== "an object")
        throw badData(file, line, `is ${kind}; a row has to be a JSON object`);
      rows.push(row);
    }
    yield rows;
  }
}

async function* delimitedLines(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  separator: "," | "\t",
): AsyncGenerator<readonly string[]> {
  for await (const rows of delimitedRows(file, textLines(file, chunks), separator)) {
    yield rows.map((row) => JSON.stringify(row));
  }
}

function parse(file: string, line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own message quotes the text.
    const position = /position (\d+)/.exec(String(error))?.[1];
    const column = position === undefined ? "" : ` from character ${Number(position) + 1} on`;
    throw badData(file, line, `is not valid JSON${column}; JSON Lines has one object on each line`);
  }
}
