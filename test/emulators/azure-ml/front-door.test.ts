import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { get, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, getCACertificates, setDefaultCACertificates } from "node:tls";
import { AzureMachineLearningWorkspaces } from "@azure/arm-machinelearning";
import { ClientSecretCredential } from "@azure/identity";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAzureMl } from "#emulators/azure-ml/start-azure-ml.ts";
import type { Emulator } from "#emulators/kit/serve.ts";

import { type Azurite, startAzurite } from "./azurite.ts";
import { createEchoEngine } from "./echo-engine.ts";

const SUBSCRIPTION = "00000000-0000-0000-0000-000000000001";
const TENANT = "11111111-1111-1111-1111-111111111111";

const defaultCertificates = getCACertificates("default");

let azurite: Azurite;
let data: string;
let emulator: Emulator;
let ca: string;
beforeAll(async () => {
  azurite = await startAzurite();
  data = await mkdtemp(join(tmpdir(), "front-door-"));
  emulator = await start();
  ca = await readFile(join(data, "tls/ca.pem"), "utf8");
  // What NODE_EXTRA_CA_CERTS does for a process that starts with it.
  setDefaultCACertificates([...defaultCertificates, ca]);
});
afterAll(async () => {
  setDefaultCACertificates(defaultCertificates);
  await emulator[Symbol.asyncDispose]();
  await azurite[Symbol.asyncDispose]();
  await rm(data, { recursive: true });
});

function start(): Promise<Emulator> {
  const storage = azurite.connectionString;
  return startAzureMl({ data, storage, engine: createEchoEngine(), tls: 0 });
}

function frontPort(): number {
  return Number(new URL(emulator.urls?.["tls"] ?? "").port);
}

/** What an SDK reads from HTTPS_PROXY. */
function behindTheProxy() {
  return { proxyOptions: { host: "http://127.0.0.1", port: frontPort() } };
}

function credential(): ClientSecretCredential {
  return new ClientSecretCredential(TENANT, "any", "secret", behindTheProxy());
}

test("a stock client with a stock credential meets the workspace under the names of Azure", async () => {
  const client = new AzureMachineLearningWorkspaces(credential(), SUBSCRIPTION, behindTheProxy());

  const workspace = await client.workspaces.get("flowgate", "local");
  const store = await client.datastores.get("flowgate", "local", "workspaceblobstore");

  expect(workspace.discoveryUrl).toBe("https://westeurope.api.azureml.ms/discovery");
  expect(store.properties).toMatchObject({ endpoint: "core.windows.net", protocol: "https" });
});

test("blobs are reached at the account's own name by key and by token", async () => {
  const account = "https://devstoreaccount1.blob.core.windows.net";
  const key = /AccountKey=([^;]+)/.exec(azurite.connectionString)?.[1] ?? "";
  const shared = new StorageSharedKeyCredential("devstoreaccount1", key);
  const byKey = new BlobServiceClient(account, shared, behindTheProxy());
  const byToken = new BlobServiceClient(account, credential(), behindTheProxy());

  await byKey.getContainerClient("front").create();
  await byKey.getContainerClient("front").getBlockBlobClient("a b.txt").upload("hello", 5);
  const read = await byToken
    .getContainerClient("front")
    .getBlobClient("a b.txt")
    .downloadToBuffer();

  expect(read.toString()).toBe("hello");
});

test("a token for another service opens no blob", async () => {
  const account = "https://devstoreaccount1.blob.core.windows.net";
  const { token } = await credential().getToken("https://management.azure.com/.default");
  const wrong = { getToken: async () => ({ token, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) };
  const client = new BlobServiceClient(account, wrong, behindTheProxy());

  await expect(client.getContainerClient("front").exists()).rejects.toMatchObject({
    statusCode: 401,
  });
});

test("it speaks TLS as localhost too, and keeps its certificate over a restart", async () => {
  const before = await serverName();
  await emulator[Symbol.asyncDispose]();
  emulator = await start();

  expect(before.answer).toContain("HTTP/1.1 200");
  expect((await serverName()).serial).toBe(before.serial);
  expect((await stat(join(data, "tls/server.key"))).mode & 0o777).toBe(0o600);
});

test("the proxy leads nowhere else", async () => {
  expect(await connectThrough("example.com:443")).toBe(403);
  expect(await connectThrough("other.blob.core.windows.net:443")).toBe(403);
  const plain = get({ port: frontPort(), path: "http://example.com/" });
  const status = await new Promise((resolve) => plain.on("response", (r) => resolve(r.statusCode)));
  expect(status).toBe(403);
});

test("a name that a web page could bring along is refused outside of the proxy", async () => {
  const { answer } = await serverName("westeurope.api.azureml.ms");

  expect(answer).toContain("HTTP/1.1 403");
});

function connectThrough(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asking = request({ port: frontPort(), method: "CONNECT", path });
    asking.on("connect", (answer, socket) => {
      socket.destroy();
      resolve(answer.statusCode);
    });
    asking.on("error", reject).end();
  });
}

/** Trusts nobody but the authority of the data folder. */
function serverName(host = "localhost"): Promise<{ serial: string; answer: string }> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      port: frontPort(),
      host: "127.0.0.1",
      servername: "localhost",
      ca,
    });
    let answer = "";
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString();
    });
    socket.on("error", reject).on("end", () => {
      resolve({ serial, answer });
    });
    let serial = "";
    socket.on("secureConnect", () => {
      serial = socket.getPeerCertificate().serialNumber;
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    });
  });
}
