import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { connectStorage } from "#azure/storage/connect.ts";
import { createLatestBundles } from "#azure/storage/latest-bundles.ts";
import { createLedger } from "#azure/storage/ledger.ts";
import { createTestData } from "#azure/storage/test-data.ts";

const nobody = { getToken: () => Promise.resolve(null) };
const silenceMs = 200;
const LATEST = { digest: `sha256:${"0".repeat(64)}`, deployable: true, since: "" };

/** Storage that answers as it is told, and nothing where it is told nothing. */
async function storageWith(answer: (call: string, response: ServerResponse) => void) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const call = `${request.method} ${request.url?.split("?")[0]}`;
    asked.push(call);
    answer(call, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=bm8=;BlobEndpoint=${url};TableEndpoint=${url};`;
  return {
    asked,
    storage: connectStorage({ connectionString }, nobody, { silenceMs }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test("a call that storage does not answer is given up and asked once more", async () => {
  let calls = 0;
  await using place = await storageWith((call, response) => {
    calls += 1;
    if (calls > 1) response.writeHead(call.startsWith("PUT") ? 201 : 404).end();
  });

  expect(await createTestData(place.storage).head("web/data.jsonl")).toBeNull();
  expect(place.asked).toEqual([
    "PUT /a/test-data",
    "PUT /a/test-data",
    "HEAD /a/test-data/web/data.jsonl",
  ]);
});

test("storage that stays silent, blobs or tables, is AZURE_BUSY and says so", async () => {
  await using place = await storageWith(() => {});
  const silent = {
    code: "AZURE_BUSY",
    retryable: true,
    message: expect.stringMatching(/^Storage did not answer to "create .*" \(ETIMEDOUT\)\.$/),
  };

  await expect(createTestData(place.storage).head("web/data.jsonl")).rejects.toMatchObject(silent);
  await expect(createLedger(place.storage).list("web-1")).rejects.toMatchObject(silent);
  expect(place.asked).toEqual([
    ...["PUT /a/test-data", "PUT /a/test-data"],
    ...["POST /a/Tables", "POST /a/Tables"],
  ]);
});

test("a blob that stops arriving half-way is AZURE_BUSY", async () => {
  const text = JSON.stringify(LATEST);
  await using place = await storageWith((call, response) => {
    if (call.startsWith("PUT")) response.writeHead(201).end();
    else response.writeHead(200, { "content-length": text.length, etag: "1" }).write("{");
  });

  await expect(createLatestBundles(place.storage).read("web")).rejects.toMatchObject({
    code: "AZURE_BUSY",
    retryable: true,
    message: 'The connection to storage broke during "read latest bundle of web".',
  });
});
