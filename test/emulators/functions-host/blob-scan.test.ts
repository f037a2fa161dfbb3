import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Azurite, startAzurite } from "#emulators/azurite/start-azurite.ts";
import { BlobTrigger } from "#emulators/functions-host/blob-trigger.ts";
import { HostStore } from "#emulators/functions-host/host-store.ts";
import { createLog } from "#emulators/functions-host/log.ts";
import { ManualClock } from "#emulators/kit/clock.ts";

let folder: string;
let storage: Azurite;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "blob-scan-"));
  storage = await startAzurite({ data: join(folder, "azurite") });
});
afterAll(async () => {
  await storage[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

let container: ContainerClient;
let store: HostStore;
let count = 0;
beforeEach(() => {
  count += 1;
  const service = BlobServiceClient.fromConnectionString(storage.connectionString);
  container = service.getContainerClient(`in-${count}`);
  store = new HostStore(join(folder, `store-${count}`));
});
afterEach(() => store.close());

const put = (name: string, text: string) =>
  container.getBlockBlobClient(name).upload(text, text.length);

type Run = (text: string, metadata: Record<string, unknown>) => Promise<string | undefined>;

/** A host with one scanned function; `run` gives the message of its failure, or nothing. */
function startTrigger(run: Run, path = `${container.containerName}/{name}`) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const binding = { type: "blobTrigger", direction: "in", path, connection: "S" } as const;
  const trigger = { name: "t", binding };
  const metadata = { name: "onBlob", bindings: { t: binding } };
  const blobs = new BlobTrigger({
    functions: [{ name: "onBlob", metadata, trigger, callback: () => undefined }],
    settings: { maxTries: 3, maxParallel: 1 },
    store,
    clock,
    log: createLog(
      (line) => lines.push(line),
      () => clock.now(),
    ),
    environment: { S: storage.connectionString },
    resolve: (text) => text,
    run: async (_registered, { data, triggerMetadata = {} }) => {
      const values = Object.entries(triggerMetadata).map(([name, value]) => [name, value.string]);
      const text = Buffer.from(data?.bytes ?? "").toString();
      const message = await run(text, Object.fromEntries(values));
      if (message === undefined)
        return { kind: "returned", result: undefined, returnValue: undefined };
      return { kind: "threw", message, stack: "", context: undefined };
    },
  });
  blobs.start();
  return {
    log: () => lines.join(""),
    /** Lets scans happen until it is so; each round asks the storage something, which takes as long as a scan does. */
    async until(isSo: () => boolean) {
      for (let round = 0; !isSo(); round += 1) {
        if (round > 500) throw new Error(`It never came to it:\n${lines.join("")}`);
        clock.advance(2_000);
        await container.exists();
      }
    },
    stop: () => blobs.stop(clock.until(Number.POSITIVE_INFINITY)),
  };
}

/** Collects what runs; nothing fails. */
function collector() {
  const runs: string[] = [];
  const run: Run = async (text, { name }) => {
    runs.push(`${name}: ${text}`);
    return undefined;
  };
  return { runs, run };
}

test("blobs that were there before the first start run once, over restarts too", async () => {
  await container.create();
  await put("a", "1");
  await put("dir/b", "2");
  const { runs, run } = collector();
  const first = startTrigger(run);
  await first.until(() => runs.length === 2);
  await first.stop();
  const second = startTrigger(run);
  await put("z", "3");
  await second.until(() => runs.length === 3);
  await second.stop();
  expect(runs).toEqual(["a: 1", "dir/b: 2", "z: 3"]);
});

test("an overwritten blob runs again, a vanished container is tolerated, a new one is seen", async () => {
  const { runs, run } = collector();
  const { until, stop, log } = startTrigger(run);
  await until(() => log().includes(`"${container.containerName}" of S does not exist yet.`));
  await container.create();
  await put("a", "1");
  await until(() => runs.length === 1);
  await put("a", "2");
  await until(() => runs.length === 2);
  await stop();
  expect(runs).toEqual(["a: 1", "a: 2"]);
});

test("every parameter takes as much as it can, and other blobs are left alone", async () => {
  await container.create();
  await put("x/a.b.txt", "1");
  await put("x/none", "2");
  const names: unknown[] = [];
  const { until, stop } = startTrigger(async (_text, { name, ext, BlobTrigger }) => {
    names.push({ name, ext, BlobTrigger });
    return undefined;
  }, `${container.containerName}/{name}.{ext}`);
  await until(() => names.length > 0);
  await stop();
  expect(names).toEqual([
    { name: "x/a.b", ext: "txt", BlobTrigger: `${container.containerName}/x/a.b.txt` },
  ]);
});

test("a version that is gone before its turn is dropped, and the newer one runs instead", async () => {
  await container.create();
  await put("a", "holds the only place");
  await put("b", "old");
  await put("c", "deleted");
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { runs, run } = collector();
  const { until, stop, log } = startTrigger(async (text, metadata) => {
    const outcome = await run(text, metadata);
    await released;
    return outcome;
  });
  await until(() => store.blobEvents().length === 3);
  await put("b", "new");
  await container.deleteBlob("c");
  release();
  await until(() => runs.length === 2 && store.blobEvents().length === 0);
  await stop();
  expect(runs).toEqual(["a: holds the only place", "b: new"]);
  const { containerName } = container;
  expect(log()).toContain(
    `onBlob: ${containerName}/b has changed since; its new version runs instead.`,
  );
  expect(log()).toContain(
    `onBlob: ${containerName}/c does not exist any more; its event is dropped.`,
  );
});

test("a blob that fails too often becomes a poison message", async () => {
  await container.create();
  const { etag = "" } = await put("bad", "1");
  let runs = 0;
  const { until, stop, log } = startTrigger(async () => {
    runs += 1;
    return "cannot do it";
  });
  await until(() => log().includes("onBlob: its poison message is in the queue"));
  await stop();
  expect(runs).toBe(3);
  const queues = QueueServiceClient.fromConnectionString(storage.connectionString);
  const queue = queues.getQueueClient("webjobs-blobtrigger-poison");
  const { peekedMessageItems } = await queue.peekMessages();
  const [message] = peekedMessageItems;
  expect(JSON.parse(Buffer.from(message?.messageText ?? "", "base64").toString())).toEqual({
    Type: "BlobTrigger",
    FunctionId: "Host.Functions.onBlob",
    BlobType: "BlockBlob",
    ContainerName: container.containerName,
    BlobName: "bad",
    ETag: etag.startsWith('"') ? etag : `"${etag}"`,
  });
});
