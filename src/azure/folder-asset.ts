import { PipelineError } from "#domain/errors.ts";
import { type Files, sortedPaths } from "./asset-hash.ts";
import { type Put, putBytes } from "./blob-upload.ts";

export interface FolderAsset {
  readonly name: string;
  readonly files: Files;
  readonly ignores: (path: string) => boolean;
}

/** What of a folder is uploaded, under `path`; `indicator` is the first of it. */
export function blobsOf({ name, files, ignores }: FolderAsset, path: string) {
  const kept = sortedPaths(files, ignores);
  const [indicator] = kept;
  if (indicator === undefined) {
    throw new PipelineError("BUNDLE_INVALID", `Folder ${name} has no file to upload.`);
  }
  const puts = kept.map((file): [string, Put] => {
    const content = files.get(file) ?? empty;
    return [`${path}/${file}`, (blob) => putBytes(blob, content)];
  });
  return { indicator: `${path}/${indicator}`, puts: new Map(puts) };
}

const empty = new Uint8Array();
