import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { FlowError } from "#emulators/azure-ml/engine/engine.ts";
import { blobHost } from "#emulators/azure-ml/front/azure-names.ts";
import { guidFrom } from "#emulators/azure-ml/place.ts";
import type { Service } from "#emulators/azure-ml/service.ts";
import type { BlobStorage } from "#emulators/azure-ml/storage.ts";
import type { Collection } from "#emulators/azure-ml/store/documents.ts";
import type { SubmitRequest } from "./run.ts";
import { runFolder } from "./run-log.ts";

export interface Snapshot {
  readonly flowFolder: string;
  readonly flowFile: string;
  /** File or folder; null when the run brings no data of its own. */
  readonly data: string | null;
}

/** Copies the flow and the data of a run, so that the uploads may change afterwards. Rejects with FlowError. */
export async function takeSnapshot(service: Service, submit: SubmitRequest): Promise<Snapshot> {
  const snapshot = snapshotOf(service, submit);
  const { storage } = service;
  const { container, path: flow } = flowPlace(service, submit);
  const source = container === null ? storage : await service.openContainer(container);
  const files = await source.download(dirname(flow), snapshot.flowFolder);
  if (files === 0) throw blobError("FlowDefinitionNotFound", `There is no flow at ${flow}.`);
  await uploadCopies(service, submit.runId, snapshot.flowFolder);
  if (snapshot.data) await copyData(storage, dataPath(submit) ?? "", snapshot.data);
  return snapshot;
}

/** By the id that `content/v2.0` is asked for. */
export function snapshotsOf(service: Service): Collection<{ readonly runId: string }> {
  return service.documents.collection<{ readonly runId: string }>("snapshot");
}

export function snapshotId(runId: string): string {
  return guidFrom(`${runId} snapshot`);
}

/** Folder of the datastore with the copies of a run's flow. */
export function runSnapshotPath(runId: string): string {
  return `runs/${runId}`;
}

async function uploadCopies(service: Service, runId: string, folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const path = relative(folder, file).replaceAll("\\", "/");
    await service.storage.write(`${runSnapshotPath(runId)}/${path}`, await readFile(file));
  }
  snapshotsOf(service).write(snapshotId(runId), { runId });
}

/** Where the copies are. Throws FlowError when the request does not say what to run. */
export function snapshotOf(service: Service, submit: SubmitRequest): Snapshot {
  const folder = runFolder(service, submit.runId);
  const { path: flow } = flowPlace(service, submit);
  const data = dataPath(submit);
  return {
    flowFolder: join(folder, "flow", basename(dirname(flow))),
    flowFile: basename(flow),
    data: data === null ? null : join(folder, "data", basename(data)),
  };
}

async function copyData(storage: BlobStorage, path: string, into: string): Promise<void> {
  if (!path.endsWith("/") && (await storage.downloadFile(path, into))) return;
  const files = await storage.download(path.replace(/\/+$/, ""), into);
  if (files === 0) throw blobError("InputDataNotFound", `There is no data at ${path}.`);
}

interface BlobPlace {
  /** Null: that of the default datastore. */
  readonly container: string | null;
  readonly path: string;
}

function flowPlace(service: Service, submit: SubmitRequest): BlobPlace {
  const { flowDefinitionBlobPath, flowDefinitionDataUri: uri } = submit;
  if (flowDefinitionBlobPath) {
    return { container: null, path: flowDefinitionBlobPath.replace(/^\/+/, "") };
  }
  const path = uri ? pathOf(uri) : null;
  if (path) return { container: null, path };
  const place = uri ? placeOfUrl(service, uri) : undefined;
  if (place) return place;
  throw blobError(
    "FlowDefinitionNotFound",
    "The request names no flow: flowDefinitionBlobPath is missing.",
  );
}

function dataPath(submit: SubmitRequest): string | null {
  const uri = submit.batchDataInput?.dataUri;
  if (!uri) return null;
  const path = pathOf(uri);
  if (path) return path;
  throw blobError(
    "InvalidDataUri",
    `Data is read from the default datastore here (azureml://datastores/workspaceblobstore/paths/…), not from ${uri}.`,
  );
}

/** `azureml://…/datastores/workspaceblobstore/paths/a/b` is `a/b`; null for anything else. */
export function pathOf(uri: string): string | null {
  const match = /^azureml:\/\/(?:.*\/)?datastores\/[^/]+\/paths\/(.+)$/.exec(uri);
  return match?.[1] ?? null;
}

/** Of a blob's URL in the storage account, under either of its names; undefined for any other. */
function placeOfUrl({ storage }: Service, uri: string): BlobPlace | undefined {
  if (!URL.canParse(uri)) return undefined;
  const { href } = new URL(uri);
  const accounts = [storage.url, `https://${blobHost(storage.accountName)}`];
  const account = accounts.find((one) => href.startsWith(`${one}/`));
  if (account === undefined) return undefined;
  const [container, ...path] = href
    .slice(account.length + 1)
    .split("/")
    .map(decodeURIComponent);
  return container && path.length > 1 ? { container, path: path.join("/") } : undefined;
}

function blobError(code: string, message: string): FlowError {
  return new FlowError({ message, messageFormat: message, code: "UserError", innerCodes: [code] });
}
