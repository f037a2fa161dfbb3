import { randomUUID } from "node:crypto";
import type { BlockBlobClient, ContainerClient } from "@azure/storage-blob";
import type { Files } from "./asset-hash.ts";
import { inParallel } from "./in-parallel.ts";
import { callSdk, findBySdk } from "./sdk-calls.ts";

/**
 * Puts content under names that no other content ever has. It counts as complete once the blob
 * `indicator` says so in its metadata; then nothing is looked at again.
 */
export async function uploadBlobs(
  container: ContainerClient,
  indicator: string,
  files: Files,
): Promise<void> {
  const blobOf = (name: string) => container.getBlockBlobClient(name);
  const first = blobOf(indicator);
  if (await isComplete(first)) return;
  await inParallel([...files], ([name, content]) => put(blobOf(name), content));
  await markComplete(first);
}

/** An upload that was broken off has files, but not this word. */
async function isComplete(blob: BlockBlobClient): Promise<boolean> {
  const found = await findBySdk(`HEAD blob ${blob.name}`, (options) => blob.getProperties(options));
  return found?.metadata?.upload_status === "completed";
}

/** What is there under a content-addressed name is the same content. */
async function put(blob: BlockBlobClient, content: Uint8Array): Promise<void> {
  await callSdk(`PUT blob ${blob.name}`, async (options) => {
    try {
      await blob.uploadData(content, { ...options, conditions: { ifNoneMatch: "*" } });
    } catch (error) {
      if (!isAlreadyThere(error)) throw error;
    }
  });
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
