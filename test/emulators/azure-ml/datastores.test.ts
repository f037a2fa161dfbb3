import { BlobServiceClient, ContainerClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { type Stand, startStand } from "./stand.ts";

const STORE = "/datastores/workspaceblobstore";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

async function container(stand: Stand): Promise<string> {
  const { body } = await stand.arm("GET", STORE);
  const { protocol, endpoint, accountName, containerName } = body.properties;
  return `${protocol}://${endpoint}/${accountName}/${containerName}`;
}

test("a datastore with a signature gives no key, and the signature opens its container", async () => {
  await using stand = await startStand(azurite, { datastoreCredentials: "Sas" });

  const { body } = await stand.arm("GET", STORE);
  const secrets = await stand.arm("POST", `${STORE}/listSecrets`);

  expect(body.properties.credentials).toEqual({ credentialsType: "Sas" });
  expect(secrets.body).toEqual({ secretsType: "Sas", sasToken: expect.any(String) });
  const blobs = new ContainerClient(`${await container(stand)}?${secrets.body.sasToken}`);
  await blobs.getBlockBlobClient("a/b").upload("hello", 5);
  expect(await stand.download("a/b")).toBe("hello");
});

test("a datastore without credentials has no secrets; its container opens to a token for storage", async () => {
  await using stand = await startStand(azurite, { datastoreCredentials: "None" });
  await stand.upload("a/b", "hello");

  const { body } = await stand.arm("GET", STORE);
  const secrets = await stand.arm("POST", `${STORE}/listSecrets`);
  const read = async (audience: string) =>
    fetch(`${await container(stand)}/a/b`, {
      headers: {
        authorization: `Bearer ${await stand.token(audience)}`,
        "x-ms-version": "2021-08-06",
      },
    });

  expect(body.properties.credentials).toEqual({ credentialsType: "None" });
  expect(secrets.status).toBe(400);
  expect(secrets.body.error).toMatchObject({
    code: "UserError",
    message: "No secrets for credentials of type None.",
  });
  expect(await (await read("https://storage.azure.com")).text()).toBe("hello");
  expect((await read("https://management.azure.com")).status).toBe(401);
});

test("an account key is what a datastore keeps otherwise", async () => {
  await using stand = await startStand(azurite);

  const secrets = await stand.arm("POST", `${STORE}/listSecrets`);

  expect(secrets.body).toEqual({ secretsType: "AccountKey", key: expect.any(String) });
  const account = BlobServiceClient.fromConnectionString(azurite.connectionString);
  expect(account.url).toContain((await stand.arm("GET", STORE)).body.properties.endpoint);
});
