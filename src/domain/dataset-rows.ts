import { z } from "zod";
import { textLines } from "./dataset/text-lines.ts";
import { PipelineError } from "./errors.ts";

const Inputs = z.record(z.string(), z.unknown());

export interface PlacedRow {
  /** From 0, blank lines not counted. */
  readonly line: number;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** The rows of a dataset in JSON lines, one at a time. DATA_INVALID names a line that is no object. */
export async function* datasetRows(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<PlacedRow> {
  let line = 0;
  let lineInFile = 0;
  for await (const text of textLines("the dataset", chunks)) {
    lineInFile += 1;
    if (text.trim() === "") continue;
    yield { line, inputs: parseRow(text, lineInFile) };
    line += 1;
  }
}

function parseRow(text: string, line: number): Readonly<Record<string, unknown>> {
  const parsed = Inputs.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
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
