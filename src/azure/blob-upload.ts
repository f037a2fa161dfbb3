import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import type { BlockBlobClient, ContainerClient } from "@azure/storage-blob";
import { inParallel } from "./in-parallel.ts";
import { callSdk, findBySdk } from "./sdk-calls.ts";

/** What a file is sent in; so many of them are held at most. */
const BLOCK_BYTES = 1024 * 1024;
const BLOCKS_AT_ONCE = 2;
/** A file of gigabytes over a slow line. */
const FILE_TIMEOUT_MS = 3_600_000;
const NEW_ONLY = { conditions: { ifNoneMatch: "*" } };

export type Put = (blob: BlockBlobClient) => Promise<void>;
/** How each blob is filled, by its name in the container. */
export type Puts = ReadonlyMap<string, Put>;

/**
 * Puts content under names that no other content ever has. It counts as complete once the blob
 * `indicator` says so in its metadata; then nothing is looked at again.
 */
export async function uploadBlobs(
  container: ContainerClient,
  indicator: string,
  puts: Puts,
): Promise<void> {
  const blobOf = (name: string) => container.getBlockBlobClient(name);
  const first = blobOf(indicator);
  if (await isComplete(first)) return;
  await inParallel([...puts], ([name, put]) => put(blobOf(name)));
  await markComplete(first);
}

/** An upload that was broken off has files, but not this word. */
async function isComplete(blob: BlockBlobClient): Promise<boolean> {
  const found = await findBySdk(`HEAD blob ${blob.name}`, (options) => blob.getProperties(options));
  return found?.metadata?.upload_status === "completed";
}

export async function putBytes(blob: BlockBlobClient, content: Uint8Array): Promise<void> {
  await callSdk(`PUT blob ${blob.name}`, (options) =>
    unlessThere(() => blob.uploadData(content, { ...options, ...NEW_ONLY })),
  );
}

/** Nothing is there until all of it was sent: a block list is what makes it a blob. */
export async function putFile(
  blob: BlockBlobClient,
  read: () => Promise<AsyncIterable<Uint8Array>>,
): Promise<void> {
  const send = async (options: { abortSignal: AbortSignal }) => {
    const content = Readable.from(await read(), { objectMode: false });
    await unlessThere(() =>
      blob.uploadStream(content, BLOCK_BYTES, BLOCKS_AT_ONCE, { ...options, ...NEW_ONLY }),
    );
  };
  await callSdk(`PUT blob ${blob.name}`, send, { timeoutMs: FILE_TIMEOUT_MS });
}

/** What is there under a content-addressed name is the same content. */
async function unlessThere(put: () => Promise<unknown>): Promise<void> {
  try {
    await put();
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "BlobAlreadyExists";
}

async function markComplete(blob: BlockBlobClient): Promise<void> {
  const metadata = { name: randomUUID(), version: "1", upload_status: "completed" };
  await callSdk(`PUT metadata of blob ${blob.name}`, (options) =>
    blob.setMetadata(metadata, options),
  );
}
