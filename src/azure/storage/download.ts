import type { BlobClient } from "@azure/storage-blob";
import { PipelineError } from "#domain/errors.ts";
import { streamOf } from "./blob-text.ts";
import { connectionBroke, guard, statusOf } from "./connect.ts";

/** Connections that may break one after the other without a byte in between. */
const BREAKS = 3;

/**
 * A blob as it arrives, all of one version: where the connection breaks it goes on from there. Rejects
 * at once with the service's refusal, and later as the caller's `guarded` or `guard` make of it.
 */
export async function openVersion(
  file: BlobClient,
  etag?: string,
): Promise<AsyncGenerator<Uint8Array>> {
  const conditions = etag === undefined ? {} : { conditions: { ifMatch: etag } };
  const first = await file.download(0, undefined, conditions);
  const { contentLength = 0, readableStreamBody } = first;
  const ifMatch = etag ?? first.etag ?? "*";
  return resumed(readableStreamBody, contentLength, async (offset) => {
    const rest = await file.download(offset, undefined, { conditions: { ifMatch } });
    return rest.readableStreamBody;
  });
}

type Body = NodeJS.ReadableStream | undefined;

/** The SDK's own stream goes on after a clean end that came too early, and after nothing else. */
async function* resumed(
  first: Body,
  length: number,
  openAt: (offset: number) => Promise<Body>,
): AsyncGenerator<Uint8Array> {
  let body = first;
  let offset = 0;
  for (let breaks = 0; ; breaks += 1) {
    try {
      for await (const chunk of streamOf(body) as AsyncIterable<Uint8Array>) {
        offset += chunk.byteLength;
        breaks = 0;
        yield chunk;
      }
      return;
    } catch (error) {
      if (statusOf(error) !== undefined || breaks === BREAKS) throw error;
    }
    if (offset >= length) return;
    body = await openAt(offset);
  }
}

/** What the service refuses half-way is told as {@link guard} tells it; a version that is gone is AZURE_BUSY, for another one can be read from its start. */
export async function* guarded(
  action: string,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    await guard(action, () => Promise.reject(error), [412]).catch((failure: unknown) => {
      if (failure instanceof PipelineError) throw failure;
      if (statusOf(failure) !== 412) throw connectionBroke(action, failure);
      const message = `The blob was replaced during "${action}".`;
      throw new PipelineError("AZURE_BUSY", message, { cause: failure });
    });
  }
}
