import { Readable } from "node:stream";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Azurite } from "#emulators/azurite/start-azurite.ts";
import { files } from "#kit/apps.ts";
import { type Stand, startStand, startStorage } from "./stand.ts";

const folder = { name: "qa", files: files({ "b.txt": "b", "A.txt": "a" }), ignores: () => false };

let storage: Azurite;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(async () => storage[Symbol.asyncDispose]());

async function containerOf({ azure }: Stand) {
  const { container } = await azure.datastore();
  return BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient(
    container,
  );
}

/** Other tests of this file share the storage; each has a content of its own. */
async function blobsUnder(
  stand: Stand,
  prefix: string,
): Promise<Record<string, string | undefined>> {
  const found: Record<string, string | undefined> = {};
  const container = await containerOf(stand);
  for await (const blob of container.listBlobsFlat({ prefix, includeMetadata: true })) {
    found[blob.name.slice(prefix.length)] = blob.metadata?.["upload_status"];
  }
  return found;
}

test("a folder lies under its hash, its first file marked as complete", async () => {
  await using stand = await startStand(storage);
  const { path, uri, datastore } = await stand.azure.assets.uploadFolder(folder);

  expect(datastore).toBe("workspaceblobstore");
  expect(path).toMatch(/^LocalUpload\/[0-9a-f]{32}\/qa$/);
  expect(uri).toBe(`azureml://datastores/workspaceblobstore/paths/${path}`);
  expect(await blobsUnder(stand, path)).toEqual({ "/A.txt": "completed", "/b.txt": undefined });
});

test("an upload that broke off is finished by the next one", async () => {
  await using stand = await startStand(storage);
  const content = { ...folder, files: files({ a: "broken off", b: "b" }) };
  const { path } = await stand.azure.assets.uploadFolder(content);
  const container = await containerOf(stand);
  await container.getBlobClient(`${path}/b`).delete();
  await container.getBlobClient(`${path}/a`).setMetadata({});

  await stand.azure.assets.uploadFolder(content);
  expect(await blobsUnder(stand, path)).toEqual({ "/a": "completed", "/b": undefined });
});

test("a complete upload is not looked into again", async () => {
  await using stand = await startStand(storage);
  const content = { ...folder, files: files({ a: "complete", b: "b" }) };
  const { path } = await stand.azure.assets.uploadFolder(content);
  await (await containerOf(stand)).getBlobClient(`${path}/b`).delete();

  await stand.azure.assets.uploadFolder(content);
  expect(await blobsUnder(stand, path)).toEqual({ "/a": "completed" });
});

/** Content that is another one each time that it is opened, the last one from then on. */
function contents(...versions: readonly string[]) {
  let opened = 0;
  return async () => {
    const version = versions[Math.min(opened, versions.length - 1)] ?? "";
    opened += 1;
    return Readable.from(version.split("|").map((part) => Buffer.from(part)));
  };
}

test("a file lies under the hash of its content, whole, however it arrived", async () => {
  await using stand = await startStand(storage);
  const { path } = await stand.azure.assets.uploadFile("data.jsonl", contents('{"q":|1}\n'));

  expect(path).toBe("LocalUpload/e226c8710420bb28ca39ea063dce544c/data.jsonl");
  const blob = (await containerOf(stand)).getBlobClient(path);
  expect((await blob.downloadToBuffer()).toString()).toBe('{"q":1}\n');
  expect((await blob.getProperties()).metadata?.["upload_status"]).toBe("completed");
});

test("a file that was sent, but not marked as complete, is completed", async () => {
  await using stand = await startStand(storage);
  const content = contents("sent, not marked\n");
  const { path } = await stand.azure.assets.uploadFile("data.jsonl", content);
  await (await containerOf(stand)).getBlobClient(path).setMetadata({});

  await stand.azure.assets.uploadFile("data.jsonl", content);
  expect(await blobsUnder(stand, path)).toEqual({ "": "completed" });
});

test("a file that changes between its hash and its upload leaves nothing under that hash", async () => {
  await using stand = await startStand(storage);
  const { uploadFile } = stand.azure.assets;

  await expect(uploadFile("data.jsonl", contents("before\n", "after\n"))).rejects.toMatchObject({
    code: "AZURE_BUSY",
    message: "The dataset was written again while it was uploaded.",
  });
  // printf 'Initialize for october 2021 AML CLI versionbefore\n' | md5sum
  expect(await blobsUnder(stand, "LocalUpload/398ed3bea97086773a2afe9dcb511d93/")).toEqual({});
});

test("names that need escaping arrive as they are", async () => {
  await using stand = await startStand(storage);
  const odd = { ...folder, name: "f l", files: files({ "ü %20#?.txt": "odd" }) };
  const { path } = await stand.azure.assets.uploadFolder(odd);

  expect(await blobsUnder(stand, path)).toEqual({ "/ü %20#?.txt": "completed" });
});

test("what is ignored is not uploaded", async () => {
  await using stand = await startStand(storage);
  const partly = { ...folder, files: files({ keep: "1", "no/file": "2" }) };
  const { path } = await stand.azure.assets.uploadFolder({
    ...partly,
    ignores: (file) => file.startsWith("no/"),
  });

  expect(await blobsUnder(stand, path)).toEqual({ "/keep": "completed" });
});

test("a folder without a file to upload is refused", async () => {
  await using stand = await startStand(storage);
  await expect(
    stand.azure.assets.uploadFolder({ ...folder, ignores: () => true }),
  ).rejects.toMatchObject({ code: "BUNDLE_INVALID" });
});

test("the data plane is where discovery says, asked for once", async () => {
  await using stand = await startStand(storage);
  const { flow, history, metric, location } = await stand.azure.discover();
  await stand.azure.discover();

  const path =
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/flowgate/providers/Microsoft.MachineLearningServices/workspaces/local";
  expect(flow).toBe(`${stand.url}/flow/api${path}`);
  expect(history).toBe(`${stand.url}/history/v1.0${path}`);
  expect(metric).toBe(`${stand.url}/metric/v2.0${path}`);
  expect(location).not.toBe("");
  expect(await stand.requests()).toEqual([`GET ${path}`]);
});

test("a datastore that may not be opened names the permission that is missing", async () => {
  await using stand = await startStand(storage);
  const body = { error: { code: "AuthorizationFailed", message: "No listSecrets/action." } };
  await stand.fault({ path: "listSecrets", do: { status: 403, body } });

  await expect(stand.azure.assets.uploadFolder(folder)).rejects.toMatchObject({
    code: "AZURE_REFUSED",
    message: expect.stringContaining("AuthorizationFailed: No listSecrets/action."),
  });
});

test.each(["AccountKey", "Sas", "None"] as const)(
  "a datastore that keeps %s lets us in",
  async (datastoreCredentials) => {
    await using stand = await startStand(storage, { datastoreCredentials });
    const content = { ...folder, files: files({ a: datastoreCredentials }) };

    const { path } = await stand.azure.assets.uploadFolder(content);

    expect(await blobsUnder(stand, path)).toEqual({ "/a": "completed" });
  },
);

test("a flow whose datastore keeps its secret from us is registered as code, once", async () => {
  await using stand = await startStand(storage);
  const error = { code: "AuthorizationFailed", message: "No." };
  const kept = { path: "/listSecrets", times: 2, do: { status: 403, body: { error } } };
  await stand.fault(kept);
  const content = files({ "flow.dag.yaml": "nodes: []\n" });
  const flow = { ...folder, files: content, flowFile: "flow.dag.yaml" };

  const place = await stand.azure.assets.uploadFlow(flow);

  expect(place).toEqual({ dataUri: expect.stringMatching(/^http:.+\/qa\/flow\.dag\.yaml$/) });
  expect(await stand.azure.assets.uploadFlow(flow)).toEqual(place);
  const lent = (await stand.requests()).filter((one) => one.endsWith("/startPendingUpload"));
  expect(lent).toHaveLength(1);
});
