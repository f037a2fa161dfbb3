import { z } from "zod";
import { PipelineError } from "./errors.ts";

const Inputs = z.record(z.string(), z.unknown());

export interface PlacedRow {
  /** From 0, blank lines not counted. */
  readonly line: number;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** The rows of a dataset in JSON lines, one at a time. DATA_INVALID names a line that is no object. */
export function* datasetRows(content: Uint8Array): Generator<PlacedRow> {
  const text = new TextDecoder().decode(content);
  let line = 0;
  let lineInFile = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const one = text.slice(start, end);
    start = end + 1;
    lineInFile += 1;
    if (one.trim() === "") continue;
    yield { line, inputs: parseRow(one, lineInFile) };
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
