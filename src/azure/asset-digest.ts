import { createHash } from "node:crypto";
import type { ContainerClient } from "@azure/storage-blob";
import { digestOfHashes } from "#domain/bundle/digest.ts";
import { inParallel } from "./in-parallel.ts";
import { callSdk } from "./sdk-calls.ts";

/** Read as it lies there: what storage says of a blob, anybody may have written. */
export async function digestOfBlobs(container: ContainerClient, path: string): Promise<string> {
  const prefix = `${path}/`;
  const names = await callSdk(`LIST blobs under ${path}`, async ({ abortSignal }) => {
    const found: string[] = [];
    for await (const { name } of container.listBlobsFlat({ prefix, abortSignal })) found.push(name);
    return found;
  });
  const hashes: [string, string][] = [];
  await inParallel(names, async (name) => {
    hashes.push([name.slice(prefix.length), await hashOfBlob(container, name)]);
  });
  return digestOfHashes(hashes);
}

async function hashOfBlob(container: ContainerClient, name: string): Promise<string> {
  return callSdk(`GET blob ${name}`, async ({ abortSignal }) => {
    const { readableStreamBody } = await container
      .getBlobClient(name)
      .download(0, undefined, { abortSignal });
    const hash = createHash("sha256");
    for await (const chunk of readableStreamBody ?? []) hash.update(chunk);
    return hash.digest("hex");
  });
}
