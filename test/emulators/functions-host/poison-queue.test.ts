import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { HostStore } from "#emulators/functions-host/host-store.ts";
import { queueAccount, sendPoison } from "#emulators/functions-host/poison-queue.ts";

const identity = { kind: "identity" };

test.each([
  {
    rule: "a connection string of an account",
    environment: { S: "AccountName=acc;AccountKey=a2V5;EndpointSuffix=core.example" },
    endpoint: "https://acc.queue.core.example",
    credential: { kind: "key", account: "acc", key: "a2V5" },
  },
  {
    rule: "a connection string with a signature",
    environment: {
      AzureWebJobsS: "QueueEndpoint=https://q.example/;SharedAccessSignature=?sv=1&sig=x%3D",
    },
    endpoint: "https://q.example",
    credential: { kind: "sas", query: "sv=1&sig=x%3D" },
  },
  {
    rule: "development storage",
    environment: { S: "UseDevelopmentStorage=true" },
    endpoint: "http://127.0.0.1:10001/devstoreaccount1",
    credential: { kind: "key", account: "devstoreaccount1" },
  },
  {
    rule: "a queue URI",
    environment: {
      S__blobServiceUri: "https://b.example",
      S__queueServiceUri: "https://q.example/",
    },
    endpoint: "https://q.example",
    credential: identity,
  },
  {
    rule: "a blob URI of Azure",
    environment: { S__blobServiceUri: "https://acc.blob.core.windows.net" },
    endpoint: "https://acc.queue.core.windows.net",
    credential: identity,
  },
])("$rule leads to its queues", ({ environment, endpoint, credential }) => {
  expect(queueAccount("S", environment)).toMatchObject({ endpoint, credential });
});

test.each([
  {},
  { S: "BlobEndpoint=http://127.0.0.1:1/a;AccountName=a;AccountKey=a2V5" },
  { S__blobServiceUri: "http://127.0.0.1:1/a" },
])("%o tells of no queues", (environment) => {
  expect(queueAccount("S", environment)).toBeUndefined();
});

test("a queue that refuses is named by its status", async () => {
  const server = createServer((_request, response) => response.writeHead(403).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const account = {
    endpoint: `http://127.0.0.1:${port}`,
    credential: { kind: "sas", query: "sig=x" },
  } as const;
  await expect(sendPoison(account, "{}")).rejects.toThrow("the queue answered with HTTP 403");
  await new Promise((resolve) => server.close(resolve));
});

test("events kept by an older host are read without an ETag", async () => {
  const folder = await mkdtemp(join(tmpdir(), "functions-host-"));
  const sql = new DatabaseSync(join(folder, "triggers.sqlite"));
  sql.exec(`CREATE TABLE blob_events (n INTEGER PRIMARY KEY AUTOINCREMENT, function_name TEXT NOT NULL,
    container TEXT NOT NULL, blob TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0) STRICT;
    INSERT INTO blob_events (function_name, container, blob) VALUES ('f', 'c', 'b')`);
  sql.close();
  const store = new HostStore(folder);
  const kept = { functionName: "f", container: "c", blob: "b", tries: 0 };
  expect(store.blobEvents()).toEqual([{ n: 1, ...kept, etag: "" }]);
  store.close();
  await rm(folder, { recursive: true });
});
