import type { BundleFiles } from "#domain/bundle/bundle.ts";
import { bundleDigest } from "#domain/bundle/digest.ts";
import { PipelineError } from "#domain/errors.ts";
import { type FlowPlace, flowFolder } from "#domain/flow-folder.ts";

export interface Folder {
  readonly name: string;
  readonly files: BundleFiles;
  readonly ignores: (path: string) => boolean;
}

export interface FolderUploader {
  /** Answers the folder's path in the default datastore, without a trailing slash. */
  uploadFolder(folder: Folder): Promise<{ datastore: string; path: string; uri: string }>;
}

export interface AssetDigests {
  /** Digest of what lies under a path of the default datastore now. */
  digestOf(path: string): Promise<string>;
}

/** Uploads a flow of the app; the answer points at its flow file. BUNDLE_INVALID when something else lies there. */
export async function uploadFlowOf(
  assets: FolderUploader & AssetDigests,
  files: BundleFiles,
  place: FlowPlace,
): Promise<{ datastore: string; blobPath: string }> {
  const folder = flowFolder(files, place);
  const { datastore, path } = await assets.uploadFolder(folder);
  const kept = [...folder.files].filter(([file]) => !folder.ignores(file));
  const changed = await changeOf(assets, { datastore, path }, bundleDigest(new Map(kept)));
  if (changed !== undefined) throw new PipelineError("BUNDLE_INVALID", changed);
  return { datastore, blobPath: `${path}/${folder.flowFile}` };
}

/** The upload of the same content by an earlier pipeline is used again, so somebody may have been at it: says what is wrong with it. */
export async function changeOf(
  assets: AssetDigests,
  { datastore, path }: { readonly datastore: string; readonly path: string },
  content: string,
): Promise<string | undefined> {
  const found = await assets.digestOf(path);
  if (found === content) return undefined;
  return `What lies under ${path} in datastore ${datastore} has the digest ${found}, not ${content}: somebody changed it after its upload, and it is not what is in the bundle. Delete that folder and start the pipeline again (attempt + 1); it is then uploaded anew.`;
}
