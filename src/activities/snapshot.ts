import { PipelineError } from "#domain/errors.ts";

export interface SnapshotReader {
  /** Content of a blob of the container `results`; null where it is not there. */
  open(blob: string): Promise<AsyncIterable<Uint8Array> | null>;
}

/** The dataset as it was when the pipeline first read it. DATA_UNKNOWN when somebody removed it. */
export async function openSnapshot(
  snapshots: SnapshotReader,
  blob: string,
): Promise<AsyncIterable<Uint8Array>> {
  const stream = await snapshots.open(blob);
  if (stream === null) {
    throw new PipelineError("DATA_UNKNOWN", `The snapshot results/${blob} is not there any more.`);
  }
  return stream;
}
