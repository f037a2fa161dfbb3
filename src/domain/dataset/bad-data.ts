import { PipelineError } from "#domain/errors.ts";

/** DATA_INVALID at a line from 1. `what` never quotes the dataset: the message is kept in durable history. */
export function badData(file: string, line: number | null, what: string): PipelineError {
  const place = line === null ? file : `${file}, line ${line},`;
  return new PipelineError("DATA_INVALID", `${place} ${what}.`, { where: { file, line } });
}
