import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { connectStorage } from "#azure/storage/connect.ts";
import { createResults } from "#azure/storage/results.ts";
import { createTestData } from "#azure/storage/test-data.ts";
import { collect } from "#kit/collect.ts";

const ETAG = '"0x1"';

/** What the service has for whoever asks for the rest of a version: a refusal, or some bytes before it breaks off again. */
type Rest = { readonly refused: number } | { readonly bytes: number };

const CONTENT = "0123456789abcdefghij";

/** A blob service that breaks off in the middle of a blob, time and again. */
async function startBreaking(...rests: readonly Rest[]) {
  let asked = 0;
  const conditions: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === "PUT") {
      response.writeHead(201).end();
      return;
    }
    const range = request.headers["x-ms-range"]?.toString() ?? "bytes=0-";
    const rest = range === "bytes=0-" ? { bytes: 5 } : (rests[asked] ?? { bytes: 0 });
    if (range !== "bytes=0-") {
      asked += 1;
      conditions.push(`${range} ${request.headers["if-match"]}`);
    }
    if ("refused" in rest) {
      response.writeHead(rest.refused, { "x-ms-error-code": "SomeReason" }).end();
      return;
    }
    const left = CONTENT.slice(Number(/\d+/.exec(range)?.[0]));
    response.writeHead(206, { etag: ETAG, "content-length": left.length });
    response.write(left.slice(0, rest.bytes), () => {
      if (rest.bytes < left.length) response.destroy();
      else response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:${port}/a;`;
  return {
    storage: connectStorage({ connectionString }, { getToken: () => Promise.resolve(null) }),
    conditions,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test.each([404, 412])(
  "a dataset that was replaced while it was read (%i) is refused for good",
  async (status) => {
    await using service = await startBreaking({ refused: status });
    const data = await createTestData(service.storage).open({ blob: "qa/data.jsonl", etag: ETAG });

    await expect(collect(data)).rejects.toMatchObject({
      code: "DATA_CHANGED",
      where: { file: "qa/data.jsonl" },
    });
    expect(service.conditions).toEqual(['bytes=5- "0x1"']);
  },
);

test("a snapshot that was written again while it was read is read again by whoever retries", async () => {
  await using service = await startBreaking({ refused: 412 });
  const snapshot = await createResults(service.storage).open("qa-1/data-0.jsonl");

  await expect(collect(snapshot ?? fail())).rejects.toMatchObject({
    code: "AZURE_BUSY",
    message: 'The blob was replaced during "read qa-1/data-0.jsonl".',
  });
  expect(service.conditions).toEqual(['bytes=5- "0x1"']);
});

test("a snapshot goes on where the connection broke, however often, in the same version", async () => {
  await using service = await startBreaking({ bytes: 5 }, { bytes: 5 }, { bytes: 5 });
  const snapshot = await createResults(service.storage).open("qa-1/data-0.jsonl");

  expect(Buffer.concat(await collect(snapshot ?? fail())).toString()).toBe(CONTENT);
  expect(service.conditions).toEqual(['bytes=5- "0x1"', 'bytes=10- "0x1"', 'bytes=15- "0x1"']);
});

test("a connection that breaks without a byte, again and again, is given up for now", async () => {
  await using service = await startBreaking();
  const snapshot = await createResults(service.storage).open("qa-1/data-0.jsonl");

  await expect(collect(snapshot ?? fail())).rejects.toMatchObject({
    code: "AZURE_BUSY",
    message: 'The connection to storage broke during "read qa-1/data-0.jsonl".',
  });
  expect(service.conditions).toHaveLength(3);
});

test("a snapshot whose rest is refused says so", async () => {
  await using service = await startBreaking({ refused: 403 });
  const snapshot = await createResults(service.storage).open("qa-1/data-0.jsonl");

  await expect(collect(snapshot ?? fail())).rejects.toMatchObject({
    code: "AZURE_REFUSED",
    message: expect.stringContaining('Storage answered 403 to "read qa-1/data-0.jsonl"'),
  });
});

function fail(): never {
  throw new Error("There is no snapshot.");
}
