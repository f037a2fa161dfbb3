import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBlobStorage } from "#emulators/azure-ml/storage.ts";
import { serve } from "#emulators/kit/serve.ts";
import { type Azurite, startAzurite } from "./azurite.ts";

let azurite: Azurite;
let folder: string;
beforeAll(async () => {
  azurite = await startAzurite();
  folder = await mkdtemp(join(tmpdir(), "azure-ml-storage-"));
});
afterAll(async () => {
  await azurite[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test("a folder is copied with its sub-folders; what is not there is nothing", async () => {
  const storage = await openBlobStorage(azurite.connectionString, "copied");
  await storage.write("a/qa/flow.dag.yaml", "nodes: []");
  await storage.write("a/qa/src/tool.py", "pass");
  await storage.write("a/qa2/other.py", "pass");

  expect(await storage.download("a/qa", join(folder, "qa"))).toBe(2);
  expect((await readdir(join(folder, "qa"), { recursive: true })).sort()).toEqual([
    "flow.dag.yaml",
    "src",
    "src/tool.py",
  ]);
  expect(await readFile(join(folder, "qa/src/tool.py"), "utf8")).toBe("pass");
  expect(await storage.download("b", join(folder, "b"))).toBe(0);
  expect(await storage.read("b")).toBeUndefined();
});

test("a container that was lost is made again by the next write", async () => {
  const storage = await openBlobStorage(azurite.connectionString, "lost");
  const client = BlobServiceClient.fromConnectionString(azurite.connectionString);
  await client.getContainerClient("lost").delete();

  expect(await storage.list("a")).toEqual([]);
  await storage.write("a/b", "kept");

  expect((await storage.read("a/b"))?.toString()).toBe("kept");
});

test("a storage that is away for ten tries in a row is asked again", async () => {
  let asked = 0;
  await using busy = await serve((request) => {
    if (request.method === "PUT") return new Response(null, { status: 201 });
    asked += 1;
    return new Response(null, { status: asked <= 10 ? 503 : 404 });
  });
  const account = `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=${busy.url}/a;`;
  const noWaits = { retryDelayInMs: 1, maxRetryDelayInMs: 1 };
  const storage = await openBlobStorage(account, "store", noWaits);

  expect(await storage.read("flow.dag.yaml")).toBeUndefined();
  expect(asked).toBe(11);
});

test("a loopback account is named with its port, as the path-style form wants it", async () => {
  const { protocol, endpoint, accountName } = await openBlobStorage(
    azurite.connectionString,
    "named",
  );

  expect({ protocol, accountName }).toEqual({ protocol: "http", accountName: "devstoreaccount1" });
  expect(azurite.connectionString).toContain(`http://${endpoint}/devstoreaccount1`);
});

test.each([
  { text: "AccountName=a", says: "lacks AccountName or AccountKey" },
  { text: "", says: "lacks AccountName or AccountKey" },
  {
    text: "AccountName=a;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:1/a",
    says: "The storage account at http://127.0.0.1:1/a does not answer",
  },
])("the connection string '$text' is refused because: $says", async ({ text, says }) => {
  await expect(openBlobStorage(text, "any")).rejects.toThrow(says);
});
