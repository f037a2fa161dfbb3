import type { Readable } from "node:stream";
import { PipelineError } from "#domain/errors.ts";
import type { DataBlob } from "#domain/request.ts";
import { streamOf } from "./blob-text.ts";
import { guard, ifThere, type Storage, statusOf } from "./connect.ts";

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
    async open({ blob, etag }: DataBlob): Promise<Readable> {
      const file = (await storage.container(CONTAINER)).getBlobClient(blob);
      const download = () => file.download(0, undefined, { conditions: { ifMatch: etag } });
      try {
        const { readableStreamBody } = await guard(
          `read ${CONTAINER}/${blob}`,
          download,
          [404, 412],
        );
        return streamOf(readableStreamBody);
      } catch (error) {
        if (statusOf(error) === undefined) throw error;
        const message = `${blob} was replaced or removed after this pipeline was accepted. Start another one for the new data.`;
        throw new PipelineError("DATA_CHANGED", message, { where: { file: blob }, cause: error });
      }
    },
  };
}
