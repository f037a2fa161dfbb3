import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { anEndpoint, settle } from "./endpoint-stand.ts";
import { type Answer, type Stand, startStand } from "./stand.ts";

let azurite: Azurite;
let stand: Stand;
beforeAll(async () => {
  azurite = await startAzurite();
  stand = await startStand(azurite);
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
  await azurite[Symbol.asyncDispose]();
});

const modelUri = "azureml://datastores/workspaceblobstore/paths/models/qa";

async function register(name: string, version: string, more = {}): Promise<Answer> {
  const body = { properties: { modelUri, ...more } };
  return await stand.arm("PUT", `/models/${name}/versions/${version}`, body);
}

async function versions(name: string, query = ""): Promise<string[]> {
  const { body } = await stand.arm("GET", `/models/${name}/versions${query}`);
  return body.value.map((one: Answer["body"]) => one.name);
}

test("versions are listed newest first if asked so, a page at a time", async () => {
  for (const version of ["1", "2", "3"]) await register("paged", version);

  expect(await versions("paged")).toEqual(["1", "2", "3"]);
  const { body } = await stand.arm(
    "GET",
    "/models/paged/versions?$orderBy=createdtime%20desc&$top=2",
  );
  expect(body.value.map((one: Answer["body"]) => one.name)).toEqual(["3", "2"]);
  const next = await stand.call("GET", body.nextLink.replace(stand.url, ""));
  expect(next.body).toMatchObject({ value: [{ name: "1" }] });
  expect(next.body).not.toHaveProperty("nextLink");
  expect((await stand.arm("GET", "/models/paged/versions?$top=all")).status).toBe(400);
});

test("what is archived is listed only if asked for", async () => {
  await register("old", "1");
  await register("old", "2", { isArchived: true });
  await stand.arm("PUT", "/models/shelved", { properties: { isArchived: true } });
  await register("shelved", "1");
  const names = async (view: string) => {
    const { body } = await stand.arm("GET", `/models?listViewType=${view}`);
    return body.value.map((one: Answer["body"]) => one.name);
  };

  expect(await versions("old")).toEqual(["1"]);
  expect(await versions("old", "?listViewType=ArchivedOnly")).toEqual(["2"]);
  expect(await versions("old", "?listViewType=All")).toEqual(["1", "2"]);
  expect(await names("ActiveOnly")).not.toContain("shelved");
  expect(await names("ArchivedOnly")).toEqual(["shelved"]);
});

test("null in a request leaves the service its default", async () => {
  const { body } = await register("nulls", "1", { flavors: null, description: "Mine" });

  expect(body.properties).toMatchObject({
    flavors: {},
    modelType: "custom_model",
    description: "Mine",
  });
});

test("an expirable secret of the datastore is a SAS that opens its container", async () => {
  const store = await stand.arm("GET", "/datastores/workspaceblobstore");
  const path = "/datastores/workspaceblobstore/listSecrets";
  const { body } = await stand.arm("POST", path, { expirableSecret: true });

  expect(body).toEqual({ secretsType: "Sas", sasToken: expect.stringContaining("sig=") });
  const account = /BlobEndpoint=([^;]+)/.exec(azurite.connectionString)?.[1];
  const container = new BlobServiceClient(`${account}?${body.sasToken}`).getContainerClient(
    store.body.properties.containerName,
  );
  await container.getBlockBlobClient("by-sas.txt").upload("hello", 5);
  expect(await stand.download("by-sas.txt")).toBe("hello");
  expect((await stand.arm("POST", path)).body).toMatchObject({ secretsType: "AccountKey" });
});

test("the workspace is in the lists of its subscription and group, not in others", async () => {
  const provider = "providers/Microsoft.MachineLearningServices/workspaces?api-version=2022-10-01";
  const subscription = "/subscriptions/00000000-0000-0000-0000-000000000001";
  const names = async (path: string) => {
    const { body } = await stand.call("GET", `${path}/${provider}`);
    return body.value.map((one: Answer["body"]) => one.name);
  };

  expect(await names(subscription)).toEqual(["local"]);
  expect(await names(`${subscription}/resourceGroups/FLOWGATE`)).toEqual(["local"]);
  expect(await names(`${subscription}/resourceGroups/other`)).toEqual([]);
  expect(await names("/subscriptions/00000000-0000-0000-0000-000000000002")).toEqual([]);
});

test("a key that is given back as it is becomes another one", async () => {
  await stand.arm("PUT", "/onlineEndpoints/keyed", anEndpoint());
  await settle(stand);
  const keys = async () => (await stand.arm("POST", "/onlineEndpoints/keyed/listKeys")).body;
  const before = await keys();

  const body = { keyType: "Primary", keyValue: before.primaryKey };
  await stand.arm("POST", "/onlineEndpoints/keyed/regenerateKeys", body);

  const after = await keys();
  expect(after.primaryKey).not.toBe(before.primaryKey);
  expect(after.secondaryKey).toBe(before.secondaryKey);
});
