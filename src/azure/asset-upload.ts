import { randomUUID } from "node:crypto";
import type { TokenCredential } from "@azure/core-auth";
import {
  BlobServiceClient,
  type BlockBlobClient,
  type ContainerClient,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { PipelineError } from "#domain/errors.ts";
import { digestOfBlobs } from "./asset-digest.ts";
import { type Files, hashFile, hashFolder, sortedPaths } from "./asset-hash.ts";
import type { Datastore, OpenDatastore } from "./datastore.ts";
import { inParallel } from "./in-parallel.ts";
import { callSdk, findBySdk } from "./sdk-calls.ts";

export interface FolderAsset {
  readonly name: string;
  readonly files: Files;
  readonly ignores: (path: string) => boolean;
}

export interface UploadedAsset {
  readonly datastore: string;
  /** Of the file or folder in the datastore, without a trailing slash. */
  readonly path: string;
  /** The same as a data URI. */
  readonly uri: string;
}

export interface AssetUpload {
  /** Digest of what lies under a path now, as that of a bundle; that of nothing where nothing does. */
  digestOf(path: string): Promise<string>;
  uploadFile(name: string, content: Uint8Array): Promise<UploadedAsset>;
  uploadFolder(folder: FolderAsset): Promise<UploadedAsset>;
}

/**
 * Puts content under a name made of its hash, so the same content is uploaded once, whoever comes
 * first: it counts as complete when its first file says so in its metadata.
 */
export function createAssetUpload(open: OpenDatastore, credential: TokenCredential): AssetUpload {
  async function upload(path: string, indicator: string, files: Files): Promise<UploadedAsset> {
    const datastore = await open();
    const container = containerOf(datastore, credential);
    const blobOf = (name: string) => container.getBlockBlobClient(name);
    const first = blobOf(indicator);
    if (!(await isComplete(first))) {
      await inParallel([...files], ([name, content]) => put(blobOf(name), content));
      await markComplete(first);
    }
    const uri = `azureml://datastores/${datastore.name}/paths/${path}`;
    return { datastore: datastore.name, path, uri };
  }

  return {
    async digestOf(path) {
      return digestOfBlobs(containerOf(await open(), credential), path);
    },

    async uploadFile(name, content) {
      const path = `LocalUpload/${hashFile(content)}/${name}`;
      return upload(path, path, new Map([[path, content]]));
    },

    async uploadFolder({ name, files, ignores }) {
      const path = `LocalUpload/${hashFolder(files, ignores)}/${name}`;
      const kept = sortedPaths(files, ignores);
      const [indicator] = kept;
      if (indicator === undefined) {
        throw new PipelineError("BUNDLE_INVALID", `Folder ${name} has no file to upload.`);
      }
      const blobs = kept.map((file) => [`${path}/${file}`, files.get(file) ?? empty] as const);
      return upload(path, `${path}/${indicator}`, new Map(blobs));
    },
  };
}

const empty = new Uint8Array();

function containerOf({ url, container, access }: Datastore, identity: TokenCredential) {
  const options = { retryOptions: { maxTries: 1 } };
  return serviceOf().getContainerClient(container) satisfies ContainerClient;

  function serviceOf(): BlobServiceClient {
    switch (access.kind) {
      case "key": {
        const key = new StorageSharedKeyCredential(access.account, access.key);
        return new BlobServiceClient(url, key, options);
      }
      case "sas":
        return new BlobServiceClient(`${url}?${access.token}`, undefined, options);
      case "identity":
        return new BlobServiceClient(url, identity, options);
    }
  }
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
