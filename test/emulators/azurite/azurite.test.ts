import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { expect, test } from "vitest";
import { startAzurite } from "#emulators/azurite/start-azurite.ts";
import { serve } from "#emulators/kit/serve.ts";

const folder = () => mkdtempSync(join(tmpdir(), "azurite-"));

test("what was stored a moment before a stop is there after it", async () => {
  const data = folder();
  {
    await using azurite = await startAzurite({ data });
    const { connectionString } = azurite;
    const blobs = BlobServiceClient.fromConnectionString(connectionString);
    const container = blobs.getContainerClient("test-data");
    await container.create();
    await container.uploadBlockBlob("a b/ü.jsonl", "{}", 2);
    const table = TableClient.fromConnectionString(connectionString, "pipelines", {
      allowInsecureConnection: true,
    });
    await table.createTable();
    await table.createEntity({ partitionKey: "p", rowKey: "r", name: "kept" });
  }

  await using azurite = await startAzurite({ data });

  const { connectionString } = azurite;
  const blobs = BlobServiceClient.fromConnectionString(connectionString);
  const content = await blobs
    .getContainerClient("test-data")
    .getBlobClient("a b/ü.jsonl")
    .downloadToBuffer();
  expect(content.toString()).toBe("{}");
  const table = TableClient.fromConnectionString(connectionString, "pipelines", {
    allowInsecureConnection: true,
  });
  expect(await table.getEntity("p", "r")).toMatchObject({ name: "kept" });
});

test("the three services have ports and addresses of their own, with the account", async () => {
  await using azurite = await startAzurite({ data: folder() });

  const { blob, queue, table, connectionString } = azurite;

  expect(new Set([blob, queue, table]).size).toBe(3);
  for (const url of [blob, queue, table]) {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/devstoreaccount1$/);
  }
  expect(connectionString.split(";").slice(3)).toEqual([
    `BlobEndpoint=${blob}`,
    `QueueEndpoint=${queue}`,
    `TableEndpoint=${table}`,
  ]);
});

test("a taken port is named, with the service that wanted it", async () => {
  await using taken = await serve(() => new Response());

  await expect(startAzurite({ data: folder(), queuePort: taken.port })).rejects.toThrow(
    `Port ${taken.port} on 127.0.0.1, for Azurite's queue service, is taken.`,
  );
});
