import type { BundleFiles } from "#domain/bundle/bundle.ts";
import { bundleDigest } from "#domain/bundle/digest.ts";
import { PipelineError } from "#domain/errors.ts";
import { type FlowPlace, flowFolder } from "#domain/flow-folder.ts";
import type { UploadedFlow } from "#domain/steps.ts";

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

export interface FlowUploader {
  /** The answer points at the flow file. */
  uploadFlow(flow: Folder & { readonly flowFile: string }): Promise<UploadedFlow>;
}

/** Uploads a flow of the app. BUNDLE_INVALID when something else lies there. */
export async function uploadFlowOf(
  assets: FlowUploader & AssetDigests,
  files: BundleFiles,
  place: FlowPlace,
): Promise<UploadedFlow> {
  const folder = flowFolder(files, place);
  const uploaded = await assets.uploadFlow(folder);
  // A code asset lies where Azure ML alone can write once it is registered.
  if ("dataUri" in uploaded) return uploaded;
  const { datastore, blobPath } = uploaded;
  const path = blobPath.slice(0, -`/${folder.flowFile}`.length);
  const kept = [...folder.files].filter(([file]) => !folder.ignores(file));
  const changed = await changeOf(assets, { datastore, path }, bundleDigest(new Map(kept)));
  if (changed !== undefined) throw new PipelineError("BUNDLE_INVALID", changed);
  return uploaded;
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
