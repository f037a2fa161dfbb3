import { PipelineError } from "#domain/errors.ts";

export interface SnapshotReader {
  /** Content of a blob of the container `results`; null where it is not there. */
  open(blob: string): Promise<AsyncIterable<Uint8Array> | null>;
}

/** The dataset as it was when the pipeline first read it. DATA_UNKNOWN when somebody removed it. */
export async function readSnapshot(snapshots: SnapshotReader, blob: string): Promise<Uint8Array> {
  const stream = await snapshots.open(blob);
  if (stream === null) {
    throw new PipelineError("DATA_UNKNOWN", `The snapshot results/${blob} is not there any more.`);
  }
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
