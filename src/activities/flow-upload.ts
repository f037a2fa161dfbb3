import type { BundleFiles } from "#domain/bundle/bundle.ts";
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

/** Uploads a flow of the app; the answer points at its flow file. */
export async function uploadFlowOf(
  assets: FolderUploader,
  files: BundleFiles,
  place: FlowPlace,
): Promise<{ datastore: string; blobPath: string }> {
  const folder = flowFolder(files, place);
  const { datastore, path } = await assets.uploadFolder(folder);
  return { datastore, blobPath: `${path}/${folder.flowFile}` };
}
