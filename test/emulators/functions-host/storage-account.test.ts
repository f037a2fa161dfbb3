import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { QueueServiceClient } from "@azure/storage-queue";
import { expect, test } from "vitest";
import { sendMessage } from "#emulators/functions-host/queue-messages.ts";
import { queueService, requireQueueService } from "#emulators/functions-host/storage-account.ts";

test.each([
  {
    rule: "a connection string of an account",
    environment: { S: "AccountName=acc;AccountKey=a2V5;EndpointSuffix=core.example" },
    url: "https://acc.queue.core.example/q",
    account: "acc",
  },
  {
    rule: "a connection string with a signature",
    environment: {
      AzureWebJobsS: "QueueEndpoint=https://q.example/;SharedAccessSignature=?sv=1&sig=x%3D",
    },
    url: "https://q.example/q?sv=1&sig=x%3D",
    account: "",
  },
  {
    rule: "development storage",
    environment: { S: "UseDevelopmentStorage=true" },
    url: "http://127.0.0.1:10001/devstoreaccount1/q",
    account: "devstoreaccount1",
  },
  {
    rule: "a queue URI",
    environment: {
      S__blobServiceUri: "https://b.example",
      S__queueServiceUri: "https://q.example/",
    },
    url: "https://q.example/q",
    account: "",
  },
  {
    rule: "a blob URI of Azure",
    environment: { S__blobServiceUri: "https://acc.blob.core.windows.net" },
    url: "https://acc.queue.core.windows.net/q",
    account: "acc",
  },
])("$rule leads to its queues", ({ environment, url, account }) => {
  const queue = queueService("S", environment)?.getQueueClient("q");
  expect({ url: queue?.url, account: queue?.accountName }).toEqual({ url, account });
});

test.each([
  {},
  { S: "BlobEndpoint=http://127.0.0.1:1/a;AccountName=a;AccountKey=a2V5" },
  { S__blobServiceUri: "http://127.0.0.1:1/a" },
])("%o tells of no queues", (environment) => {
  expect(queueService("S", environment)).toBeUndefined();
  expect(() => requireQueueService("S", environment)).toThrow(
    'The connection "S" is not set. Set S to a connection string, or S__queueServiceUri to the account\'s queue URL.',
  );
});

test("a queue that refuses is named by its status", async () => {
  const server = createServer((_request, response) => response.writeHead(403).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const service = new QueueServiceClient(`http://127.0.0.1:${port}/a?sig=x`);
  await expect(sendMessage(service.getQueueClient("q"), "{}", "base64")).rejects.toMatchObject({
    statusCode: 403,
  });
  await new Promise((resolve) => server.close(resolve));
});
