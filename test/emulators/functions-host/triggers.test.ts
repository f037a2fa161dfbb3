import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "#emulators/azurite/start-azurite.ts";
import { type HostProcess, startHost } from "./host-process.ts";

let data: string;
let storage: Azurite;
let host: HostProcess;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "functions-host-"));
  storage = await startAzurite({ data: join(data, "azurite") });
  const { connectionString } = storage;
  const service = BlobServiceClient.fromConnectionString(connectionString);
  const container = service.getContainerClient("test-data");
  await container.create();
  const blob = container.getBlockBlobClient("web/data.jsonl");
  await blob.upload("hello", 5, { metadata: { Owner: "me" } });
  host = await startHost({ data: join(data, "host"), env: { FIXTURE_STORAGE: connectionString } });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await storage[Symbol.asyncDispose]();
  await rm(data, { recursive: true, force: true });
});

const deliver = (path: string, events: unknown, kind = "Notification") =>
  fetch(`${host.url}/runtime/webhooks/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "aeg-event-type": kind },
    body: JSON.stringify(events),
  });

const created = (path: string) => [
  {
    eventType: "Microsoft.Storage.BlobCreated",
    data: { url: `${storage.blob}/${path}`, eTag: "0x1" },
  },
];

const seen = async () => (await (await host.call("GET", "/api/seen")).json()) as unknown[];

test("a blob event is answered with 202 and runs the function with the blob", async () => {
  const name = "Host.Functions.onBlob";
  const answer = await deliver(`blobs?functionName=${name}`, created("test-data/web/data.jsonl"));
  expect(answer.status).toBe(202);
  await host.logged("onBlob Succeeded");
  expect(await seen()).toContainEqual({
    text: "hello",
    blobTrigger: "test-data/web/data.jsonl",
    name: "web",
    metadata: { owner: "me" },
    contentLength: 5,
  });
});

/** The one message of the poison queue, read with a signature of Azurite's own kind. */
async function peekPoison(): Promise<unknown> {
  const path = "/devstoreaccount1/webjobs-blobtrigger-poison/messages";
  const date = new Date().toUTCString();
  const key = /AccountKey=([^;]+)/.exec(storage.connectionString)?.[1] ?? "";
  const credential = new StorageSharedKeyCredential("devstoreaccount1", key);
  const own = `x-ms-date:${date}\nx-ms-version:2021-12-02\n`;
  const text = `GET${"\n".repeat(12)}${own}/devstoreaccount1${path}\npeekonly:true`;
  const response = await fetch(`${new URL(storage.queue).origin}${path}?peekonly=true`, {
    headers: {
      "x-ms-date": date,
      "x-ms-version": "2021-12-02",
      authorization: `SharedKey devstoreaccount1:${credential.computeHMACSHA256(text)}`,
    },
  });
  const message = /<MessageText>(.*)<\/MessageText>/.exec(await response.text())?.[1] ?? "";
  return JSON.parse(Buffer.from(message, "base64").toString());
}

test("a function that fails is tried five times and its event then lies in the poison table", async () => {
  const name = "Host.Functions.onBadBlob";
  await deliver(`blobs?functionName=${name}`, created("test-data/web/data.jsonl"));
  await host.logged(
    "POISON: onBadBlob failed 5 times for test-data/web/data.jsonl; the event is in the poison table. Last error: cannot do it",
  );
  expect((await seen()).filter((one) => one === "tried")).toHaveLength(5);
  await host.logged("onBadBlob: its poison message is in the queue webjobs-blobtrigger-poison.");
  expect(await peekPoison()).toEqual({
    Type: "BlobTrigger",
    FunctionId: "Host.Functions.onBadBlob",
    BlobType: "BlockBlob",
    ContainerName: "test-data",
    BlobName: "web/data.jsonl",
    ETag: "0x1",
  });
});

test("a blob that is gone drops its event with a log line", async () => {
  const name = "Host.Functions.onBlob";
  await deliver(`blobs?functionName=${name}`, created("test-data/gone/data.jsonl"));
  await host.logged(
    "onBlob: test-data/gone/data.jsonl does not exist any more; its event is dropped.",
  );
});

test("an event for another path is dropped with a log line", async () => {
  const name = "Host.Functions.onBlob";
  await deliver(`blobs?functionName=${name}`, created("test-data/web/other.jsonl"));
  await host.logged("onBlob: the event for test-data/web/other.jsonl is not for its path.");
});

test("a connection that is not set is named in the poison line", async () => {
  const name = "Host.Functions.onUnset";
  await deliver(`blobs?functionName=${name}`, created("test-data/web/data.jsonl"));
  await host.logged(
    "onUnset: its poison message is not in the queue webjobs-blobtrigger-poison: NOT_SET names no queues.",
  );
  await host.logged(
    'Last error: The connection "NOT_SET" is not set. Set NOT_SET to a connection string',
  );
});

test("a subscription is validated, and what is no delivery is refused", async () => {
  const validation = [{ data: { validationCode: "abc" } }];
  const path = "blobs?functionName=Host.Functions.onBlob";
  const answer = await deliver(path, validation, "SubscriptionValidation");
  expect(await answer.json()).toEqual({ validationResponse: "abc" });
  expect((await deliver(path, validation, "Other")).status).toBe(400);
  expect((await deliver(path, "no event")).status).toBe(400);
  expect((await deliver(path, [{ data: {} }])).status).toBe(400);
  expect((await deliver("blobs?functionName=Host.Functions.none", [])).status).toBe(404);
  expect((await deliver("eventgrid?functionName=none", [])).status).toBe(404);
});

test("an Event Grid function sees one event at a time, and a failure asks for the batch again", async () => {
  const path = "eventgrid?functionName=onEvent";
  const good = { id: "1", subject: "good", data: { n: 1 } };
  expect((await deliver(path, [good])).status).toBe(202);
  expect(await seen()).toContainEqual({ id: "1", subject: "good", data: { n: 1 } });
  const answer = await deliver(path, [good, { id: "2", subject: "bad" }]);
  expect([answer.status, await answer.text()]).toEqual([500, "bad event\n"]);
});

test("a timer with runOnStartup runs at the start, and a bad schedule is in error", async () => {
  await host.logged("atStart Succeeded");
  expect(await seen()).toContainEqual({
    timer: ["schedule", "scheduleStatus", "isPastDue"],
    isPastDue: false,
  });
  const page = await (await host.call("GET", "/")).text();
  expect(page).toMatch(
    /never .*IN ERROR: the schedule "61 \* \* \* \* \*" has "61" for the second; it takes 0 to 59/,
  );
});

test("a timer with a retry policy runs again, and is told of the run before", async () => {
  await host.logged("retried failed; retry 1 of 1 in 0 s.");
  const retries = await host.until(async () => {
    const found = (await seen()).filter((one) => Object.hasOwn(Object(one), "retry"));
    return found.length > 1 ? found : undefined;
  });
  expect(retries).toEqual([{ retry: null }, { retry: 1, of: 1, because: "not yet" }]);
  expect(host.log()).toContain(
    "unretried: its retry policy has no effect, as in Azure for a httpTrigger.",
  );
});
