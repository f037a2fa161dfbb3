import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobServiceClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "#emulators/azurite/start-azurite.ts";
import { type HostProcess, startHost } from "./host-process.ts";

const APP = join(import.meta.dirname, "storage-app");

let data: string;
let storage: Azurite;
let blobs: BlobServiceClient;
let queues: QueueServiceClient;
let host: HostProcess;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "functions-host-"));
  storage = await startAzurite({ data: join(data, "azurite") });
  blobs = BlobServiceClient.fromConnectionString(storage.connectionString);
  queues = QueueServiceClient.fromConnectionString(storage.connectionString);
  await put("files/one.txt", "first");
  host = await startHost({ app: APP, data: join(data, "host"), env: environment() });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await storage[Symbol.asyncDispose]();
  await rm(data, { recursive: true, force: true });
});

const environment = () => ({ STORE: storage.connectionString, TARGET: "copies" });

async function put(path: string, text: string): Promise<void> {
  const [container = "", ...rest] = path.split("/");
  const client = blobs.getContainerClient(container);
  await client.createIfNotExists();
  await client.getBlockBlobClient(rest.join("/")).upload(text, text.length);
}

async function read(path: string): Promise<Buffer | undefined> {
  const [container = "", ...rest] = path.split("/");
  const blob = blobs.getContainerClient(container).getBlobClient(rest.join("/"));
  return (await blob.exists()) ? blob.downloadToBuffer() : undefined;
}

async function messages(name: string): Promise<readonly string[]> {
  const queue = queues.getQueueClient(name);
  if (!(await queue.exists())) return [];
  const { peekedMessageItems } = await queue.peekMessages({ numberOfMessages: 32 });
  return peekedMessageItems.map(({ messageText }) => Buffer.from(messageText, "base64").toString());
}

const send = async (name: string, text: string) => {
  await queues.getQueueClient(name).createIfNotExists();
  await queues.getQueueClient(name).sendMessage(Buffer.from(text).toString("base64"));
};

test("a blob input arrives as bytes, and its path takes the route, the query and settings", async () => {
  const answer = await host.call("GET", "/api/copy/one?suffix=new");
  expect(await answer.json()).toEqual({ isBuffer: true, text: "first" });
  expect(String(await read("copies/one-new.txt"))).toBe("first");
});

test("a blob that is not there is undefined, and an output that is not set is not written", async () => {
  expect((await host.call("GET", "/api/copy/none?suffix=x")).status).toBe(404);
  expect(await read("copies/none-x.txt")).toBeUndefined();
});

test.each([
  { kind: "text", value: "plain", content: "plain", queued: ["plain"] },
  { kind: "object", value: { a: 1 }, content: '{"a":1}', queued: ['{\n  "a": 1\n}'] },
  {
    kind: "list",
    value: ["x", { b: 2 }],
    content: '["x",{"b":2}]',
    queued: ["x", '{\n  "b": 2\n}'],
  },
  { kind: "json-text", value: '{"a":1}', content: '{"a":1}', queued: ['{\n  "a": 1\n}'] },
  { kind: "brace", value: "{no", content: "{no", queued: ["{no"] },
  { kind: "int", value: 258, content: "\u0002\u0001\0\0", queued: ["258"] },
])("the output $kind is written as the host does", async ({ kind, value, content, queued }) => {
  const customer = { Name: "ann" };
  const answer = await host.call("POST", "/api/file", { kind, customer, value });
  expect(answer.status).toBe(202);
  expect(String(await read(`filed/ann/${kind}`))).toBe(content);
  expect(await messages(`work-${kind}`)).toEqual(queued);
});

test("a path with a name that has no value fails the invocation, and the log names both", async () => {
  expect((await host.call("GET", "/api/lost?x=1")).status).toBe(500);
  await host.logged(
    '"filed/{nothing}" asks for {nothing}, which has no value. The trigger gives x, Query, Headers.',
  );
});

test("a blob function runs for a new blob, and its return value is a blob", async () => {
  await put("incoming/hello.txt", "hello");
  await host.logged("upper Succeeded");
  expect(String(await read("upper/hello.txt"))).toBe("HELLO");
});

test("a queue function gets the message with its metadata, and what it returns is a message", async () => {
  await send("work", '{"kind": "k"}');
  const [text = ""] = await host.until(async () => {
    const done = await messages("done");
    return done.length > 0 ? done : undefined;
  });
  expect(JSON.parse(text)).toEqual({ message: { kind: "k" }, kind: "k", dequeueCount: 1 });
  expect(await messages("work")).toEqual([]);
});

test("a message that fails too often is in the poison queue", async () => {
  await send("work", '{"fail": true}');
  await host.logged("it is in work-poison. Last error: cannot do it the 2. time");
  expect(await messages("work-poison")).toEqual(['{"fail": true}']);
});

test("what is not emulated is in error by itself", async () => {
  const page = await (await host.call("GET", "/")).text();
  expect(page).toMatch(/mail .*IN ERROR: the output sendGrid is not emulated/);
  expect(page).toMatch(/table .*IN ERROR: the input table is not emulated/);
  expect(page).toMatch(/sdk .*IN ERROR: sdkBinding of blob is not emulated/);
  expect(page).toMatch(/pathless .*IN ERROR: the path "files" names no blob/);
});

test("however often the host is killed, every blob runs and none again once it is done", async () => {
  const env = { ...environment(), RUN_LOG: join(data, "runs.log") };
  const folder = join(data, "killed");
  const names = Array.from({ length: 30 }, (_, n) => `crash-${n}`);
  await host.kill();
  for (const name of names) await put(`incoming/${name}.txt`, name);
  for (let kill = 1; kill < 4; kill += 1) {
    const killed = await startHost({ app: APP, data: folder, env });
    // A different number of requests each time, so that death comes at another moment.
    for (let look = 0; look < kill * 4; look += 1) await killed.call("GET", "/");
    await killed.kill();
  }
  const isDone = async () => {
    const found = await Promise.all(names.map((name) => read(`upper/${name}.txt`)));
    return found.every(Boolean) ? true : undefined;
  };
  const last = await startHost({ app: APP, data: folder, env });
  await last.until(isDone);
  await last.kill();
  const runs = async () => (await readFile(env.RUN_LOG, "utf8")).trim().split("\n");
  const before = await runs();
  expect(new Set(before).size).toBe(names.length + 1);
  // Two run at once: no more can be under way when a host is killed.
  expect(before.length).toBeLessThanOrEqual(names.length + 1 + 4 * 2);

  host = await startHost({ app: APP, data: folder, env });
  await put("incoming/marker.txt", "marker");
  await host.until(() => read("upper/marker.txt"));
  expect(
    (await runs()).slice(before.length).filter((name) => name !== "marker").length,
  ).toBeLessThanOrEqual(2);
});
