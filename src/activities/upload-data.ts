import type { App } from "#domain/bundle/bundle.ts";
import { PipelineError } from "#domain/errors.ts";
import { filesUnder } from "#domain/flow-folder.ts";
import { uploadData } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";
import type { FolderUploader } from "./flow-upload.ts";
import { openSnapshot, type SnapshotReader } from "./snapshot.ts";

/** `azureml:…` and URLs are the service's to read. */
const REMOTE = /^(azureml:|[a-z][a-z0-9+.-]*:\/\/)/i;

export interface DataUploader extends FolderUploader {
  /** `open` gives the content from its start, each time that it is called. */
  uploadFile(
    name: string,
    open: () => Promise<AsyncIterable<Uint8Array>>,
  ): Promise<{ uri: string }>;
}

export function createUploadData(apps: AppReader, snapshots: SnapshotReader, assets: DataUploader) {
  return implement(uploadData, async ({ app, bundle, dataset }) => {
    const open = () => openSnapshot(snapshots, dataset.blob);
    const { uri: base } = await assets.uploadFile(fileName(dataset), open);
    const evaluation = await evaluationData(assets, await apps.read(app, bundle), base);
    return { base, evaluation };
  });
}

/** The dataset stands for every `data` that is the same file as the base run's. */
async function evaluationData(
  assets: DataUploader,
  { baseRun, evaluationRun, files }: App,
  base: string,
): Promise<string | null> {
  const { data, file } = evaluationRun;
  if (data === null) return null;
  if (data === baseRun.data) return base;
  if (REMOTE.test(data)) return data;
  const content = files.get(data);
  const name = data.split("/").at(-1) ?? data;
  if (content !== undefined) return (await assets.uploadFile(name, async () => once(content))).uri;
  const folder = filesUnder(files, data);
  if (folder.size > 0) {
    const { uri } = await assets.uploadFolder({ name, files: folder, ignores: () => false });
    return `${uri}/`;
  }
  const where = { file };
  throw new PipelineError("BUNDLE_INVALID", `${file}: data: ${data} is not in the app.`, { where });
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

/** The dataset's own name; its ending tells the service the format, and that is the snapshot's. */
function fileName({ name, blob }: { name: string; blob: string }): string {
  const own = name.split("/").at(-1) || "data";
  const ending = /\.[A-Za-z0-9]+$/.exec(blob)?.[0] ?? /\.[A-Za-z0-9]+$/.exec(own)?.[0] ?? "";
  return own.replace(/\.[A-Za-z0-9]+$/, "") + ending;
}
