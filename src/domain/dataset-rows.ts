import { textLines } from "./dataset/text-lines.ts";
import { PipelineError } from "./errors.ts";
import { isJsonObject, type JsonObject } from "./json-object.ts";

export interface PlacedRow {
  /** From 0, blank lines not counted. */
  readonly line: number;
  readonly inputs: JsonObject;
}

/** The rows of a dataset in JSON lines, `size` at a time and the last ones. DATA_INVALID names a line that is no object. */
export async function* datasetPages(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<readonly PlacedRow[]> {
  let page: PlacedRow[] = [];
  let line = 0;
  let lineInFile = 0;
  for await (const texts of textLines("the dataset", chunks)) {
    for (const text of texts) {
      lineInFile += 1;
      if (text.trim() === "") continue;
      page.push({ line, inputs: parseRow(text, lineInFile) });
      line += 1;
      if (page.length < size) continue;
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

function parseRow(text: string, line: number): JsonObject {
  const row = parseJson(text);
  if (isJsonObject(row)) return row;
  const message = `Line ${line} of the dataset is no JSON object.`;
  throw new PipelineError("DATA_INVALID", message, { where: { line } });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
