import type { JsonObject } from "#domain/json-object.ts";
import { arrayItems } from "./array-items.ts";
import { badData } from "./bad-data.ts";
import { delimitedRows } from "./delimited.ts";
import { jsonLines } from "./json-lines.ts";
import { textLines } from "./text-lines.ts";

/**
 * The rows of a dataset as lines of JSON, one object each, in order, as many at a time as arrive
 * together; each was shown to `see` before. The ending of `file` tells the format: `.json` is an array
 * of objects, `.csv` and `.tsv` have a header, anything else is JSON Lines, whose blank lines are
 * skipped. JSON stays as it was written: parsing would round long numbers. DATA_INVALID names file and
 * line, or place.
 */
export async function* datasetLines(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  see: (row: JsonObject) => void = () => {},
): AsyncGenerator<readonly string[]> {
  const ending = /\.[^./]*$/.exec(file)?.[0].toLowerCase();
  switch (ending) {
    case ".json":
      yield* arrayItems(file, chunks, see);
      return;
    case ".csv":
    case ".tsv":
      yield* delimitedLines(file, chunks, ending === ".csv" ? "," : "\t", see);
      return;
    case ".parquet":
      throw badData(file, null, "is Parquet; send the dataset as JSON Lines (.jsonl)");
    case ".xls":
    case ".xlsx":
      throw badData(file, null, "is a spreadsheet; save it as CSV (.csv), in UTF-8");
    default:
      yield* jsonLines(file, chunks, see);
  }
}

async function* delimitedLines(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  separator: "," | "\t",
  see: (row: JsonObject) => void,
): AsyncGenerator<readonly string[]> {
  for await (const rows of delimitedRows(file, textLines(file, chunks), separator)) {
    for (const row of rows) see(row);
    yield rows.map((row) => JSON.stringify(row));
  }
}
