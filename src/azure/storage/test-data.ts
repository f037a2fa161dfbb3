import { PipelineError } from "#domain/errors.ts";
import type { DataBlob } from "#domain/request.ts";
import { guard, ifThere, type Storage, statusOf } from "./connect.ts";
import { guarded, openVersion } from "./download.ts";

const CONTAINER = "test-data";

/** Datasets that callers upload. */
export function createTestData(storage: Storage) {
  return {
    /** The version of the blob that is there now, or null. */
    async head(blob: string): Promise<DataBlob | null> {
      const file = (await storage.container(CONTAINER)).getBlobClient(blob);
      const found = await ifThere(`look at ${CONTAINER}/${blob}`, () => file.getProperties());
      return found === null ? null : { blob, etag: found.etag ?? "" };
    },

    /** Exactly the version that was seen; rejects with DATA_CHANGED once another one or none is there. */
    async open({ blob, etag }: DataBlob): Promise<AsyncIterable<Uint8Array>> {
      const file = (await storage.container(CONTAINER)).getBlobClient(blob);
      const action = `read ${CONTAINER}/${blob}`;
      const content = await guard(action, () => openVersion(file, etag), CHANGED).catch(
        (error: unknown) => refuseChanged(blob, error),
      );
      return guarded(action, whileUnchanged(blob, content));
    },
  };
}

const CHANGED = [404, 412];

async function* whileUnchanged(
  blob: string,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    refuseChanged(blob, error);
  }
}

function refuseChanged(blob: string, error: unknown): never {
  if (!CHANGED.includes(statusOf(error) ?? 0)) throw error;
  const message = `${blob} was replaced or removed after this pipeline was accepted. Start another one for the new data.`;
  throw new PipelineError("DATA_CHANGED", message, { where: { file: blob }, cause: error });
}
