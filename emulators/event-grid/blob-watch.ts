import { randomUUID } from "node:crypto";
import { type BlobItem, BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import type { Clock } from "#emulators/kit/clock.ts";
import type { EventGridStore } from "./store.ts";

export interface WatchOptions {
  readonly storage: string;
  readonly container: string;
  readonly webhook: string;
  readonly store: EventGridStore;
  readonly clock: Clock;
  /** Called after new deliveries were stored. */
  readonly wake: () => void;
  readonly warn: (message: string) => void;
}

const POLL_MS = 300;
const TOPIC =
  "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/flowgate/providers/Microsoft.Storage/storageAccounts/";

/**
 * The storage account's system topic: Azurite raises no events, so the container is listed again and
 * again. What was there before the first look ever is old. Resolves after that first look.
 */
export async function watchBlobs(options: WatchOptions): Promise<AsyncDisposable> {
  const { storage, container, store, clock, warn } = options;
  const client = BlobServiceClient.fromConnectionString(storage, {
    retryOptions: { maxTries: 1 },
  }).getContainerClient(container);
  if (!store.isWatching(container)) await rememberOld(client, store);
  const stopped = new AbortController();
  const watching = (async () => {
    let failing = false;
    while (!stopped.signal.aborted) {
      try {
        await lookForNew(client, options, stopped.signal);
        failing = false;
      } catch (error) {
        if (!failing && !stopped.signal.aborted)
          warn(`The container ${container} cannot be listed: ${reason(error)}`);
        failing = true;
      }
      await clock.until(clock.now() + POLL_MS, stopped.signal);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await watching;
    },
  };
}

async function rememberOld(client: ContainerClient, store: EventGridStore): Promise<void> {
  const container = client.containerName;
  const blobs = await list(client).catch((error: unknown) => {
    throw new Error(
      `The container ${container} cannot be listed at ${client.url}: ${reason(error)}`,
      { cause: error },
    );
  });
  store.transaction(() => {
    for (const { name, properties } of blobs) store.rememberBlob(container, name, properties.etag);
    store.startWatching(container);
  });
}

async function lookForNew(
  client: ContainerClient,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<void> {
  const { container, store, clock, webhook } = options;
  const known = store.knownBlobs(container);
  const blobs = await list(client, signal);
  const created = blobs
    .filter(({ name, properties }) => known.get(name) !== properties.etag)
    .sort((a, b) => a.properties.lastModified.getTime() - b.properties.lastModified.getTime());
  const present = new Set(blobs.map(({ name }) => name));
  const deleted = [...known.keys()].filter((name) => !present.has(name));
  if (created.length === 0 && deleted.length === 0) return;
  store.transaction(() => {
    for (const name of deleted) store.forgetBlob(container, name);
    for (const blob of created) {
      store.rememberBlob(container, blob.name, blob.properties.etag);
      store.addDelivery({
        subscription: null,
        endpoint: webhook,
        headers: {
          "aeg-event-type": "Notification",
          "content-type": "application/json; charset=utf-8",
        },
        body: JSON.stringify([blobCreated(client, blob, clock.now())]),
        firstAt: clock.now(),
      });
    }
  });
  options.wake();
}

/** No container holds no blobs. */
async function list(client: ContainerClient, abortSignal?: AbortSignal): Promise<BlobItem[]> {
  try {
    const blobs: BlobItem[] = [];
    for await (const blob of client.listBlobsFlat(abortSignal ? { abortSignal } : {})) {
      blobs.push(blob);
    }
    return blobs;
  } catch (error) {
    if ((error as { code?: string }).code === "ContainerNotFound") return [];
    throw error;
  }
}

/** Source: Microsoft.Storage.BlobCreated in the Event Grid event schema. */
function blobCreated(client: ContainerClient, { name, properties }: BlobItem, now: number) {
  const sequence = (BigInt(now) << 20n) + BigInt(process.hrtime()[1] & 0xfffff);
  return {
    topic: `${TOPIC}${client.accountName}`,
    subject: `/blobServices/default/containers/${client.containerName}/blobs/${name}`,
    eventType: "Microsoft.Storage.BlobCreated",
    id: randomUUID(),
    data: {
      api: "PutBlob",
      clientRequestId: randomUUID(),
      requestId: randomUUID(),
      eTag: properties.etag.replaceAll('"', ""),
      contentType: properties.contentType ?? "application/octet-stream",
      contentLength: properties.contentLength ?? 0,
      blobType: properties.blobType ?? "BlockBlob",
      url: client.getBlobClient(name).url,
      sequencer: sequence.toString(16).padStart(48, "0").toUpperCase(),
      storageDiagnostics: { batchId: randomUUID() },
    },
    dataVersion: "",
    metadataVersion: "1",
    eventTime: properties.lastModified.toISOString(),
  };
}

function reason(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
