import type { TokenCredential } from "@azure/core-auth";
import { PipelineError } from "#domain/errors.ts";
import type { UploadedFlow } from "#domain/steps.ts";
import { digestOfBlobs } from "./asset-digest.ts";
import { checkedFile, hashFile, hashFolder } from "./asset-hash.ts";
import { containerOf } from "./blob-container.ts";
import { type Puts, putFile, uploadBlobs } from "./blob-upload.ts";
import type { CodeAssets } from "./code-assets.ts";
import type { Datastore, OpenDatastore } from "./datastore.ts";
import { blobsOf, type FolderAsset } from "./folder-asset.ts";

export interface FlowAsset extends FolderAsset {
  /** Path of the flow file in the folder. */
  readonly flowFile: string;
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
  /** Reads the content twice, for its hash and to send it, and again where a try fails; it is never held whole. */
  uploadFile(name: string, read: () => Promise<AsyncIterable<Uint8Array>>): Promise<UploadedAsset>;
  uploadFolder(folder: FolderAsset): Promise<UploadedAsset>;
  uploadFlow(flow: FlowAsset): Promise<UploadedFlow>;
}

/**
 * Puts content under a name made of its hash, so the same content is uploaded once, whoever comes
 * first: it counts as complete when its first file says so in its metadata. Where Azure ML refuses the
 * datastore's secret, files go up as the app's own identity and flows as code assets, which bring
 * a secret of their own.
 */
export function createAssetUpload(
  open: OpenDatastore,
  codes: CodeAssets,
  credential: TokenCredential,
): AssetUpload {
  async function upload(datastore: Datastore, path: string, indicator: string, puts: Puts) {
    await orAsRefused(datastore, () =>
      uploadBlobs(containerOf(datastore, credential), indicator, puts),
    );
    const uri = `azureml://datastores/${datastore.name}/paths/${path}`;
    return { datastore: datastore.name, path, uri };
  }

  async function uploadFolder(datastore: Datastore, { name, files, ignores }: FolderAsset) {
    const path = `LocalUpload/${hashFolder(files, ignores)}/${name}`;
    const { indicator, puts } = blobsOf({ name, files, ignores }, path);
    return upload(datastore, path, indicator, puts);
  }

  return {
    async digestOf(path) {
      return digestOfBlobs(containerOf(await open(), credential), path);
    },

    async uploadFile(name, read) {
      const hash = await hashFile(await read());
      const path = `LocalUpload/${hash}/${name}`;
      const content = async () => checkedFile(await read(), hash);
      const puts: Puts = new Map([[path, (blob) => putFile(blob, content)]]);
      return upload(await open(), path, path, puts);
    },

    uploadFolder: async (folder) => uploadFolder(await open(), folder),

    async uploadFlow(flow) {
      const datastore = await open();
      if (isRefused(datastore)) {
        return { dataUri: `${await codes.ensureRegistered(flow)}/${flow.flowFile}` };
      }
      const { path } = await uploadFolder(datastore, flow);
      return { datastore: datastore.name, blobPath: `${path}/${flow.flowFile}` };
    },
  };
}

function isRefused({ access }: Datastore): boolean {
  return access.kind === "identity" && access.refused !== undefined;
}

/** Both ways in are told when the second is closed too: opening either of them helps. */
async function orAsRefused({ access }: Datastore, work: () => Promise<void>): Promise<void> {
  const refused = access.kind === "identity" ? access.refused : undefined;
  try {
    await work();
  } catch (error) {
    if (refused === undefined || !(error instanceof PipelineError) || error.retryable) throw error;
    const message = `${refused.message} Nor may the app's own identity write there: ${error.message} Give it that permission, or the role Storage Blob Data Contributor on the storage account.`;
    throw new PipelineError("AZURE_REFUSED", message, { cause: error });
  }
}
