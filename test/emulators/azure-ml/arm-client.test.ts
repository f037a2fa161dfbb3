import { AzureMachineLearningWorkspaces } from "@azure/arm-machinelearning";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { type Stand, startStand, WORKSPACE } from "./stand.ts";

const GROUP = "flowgate";
const NAME = "local";
/** The poller's own pause of two seconds is of no interest here. */
const soon = { updateIntervalInMs: 1 };

let azurite: Azurite;
let stand: Stand;
let client: AzureMachineLearningWorkspaces;
beforeAll(async () => {
  azurite = await startAzurite();
  stand = await startStand(azurite);
  client = await createClient(stand);
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
  await azurite[Symbol.asyncDispose]();
});

/** The SDK refuses to send tokens over http, so a policy of ours sends it. */
async function createClient({ url, token }: Stand): Promise<AzureMachineLearningWorkspaces> {
  const bearer = await token("https://management.azure.com/.default");
  const credential = {
    getToken: () => Promise.resolve({ token: bearer, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
  };
  const created = new AzureMachineLearningWorkspaces(
    credential,
    "00000000-0000-0000-0000-000000000001",
    {
      endpoint: url,
      credentialScopes: "https://management.azure.com/.default",
      allowInsecureConnection: true,
    },
  );
  created.pipeline.removePolicy({ name: "bearerTokenAuthenticationPolicy" });
  created.pipeline.addPolicy({
    name: "emulatorToken",
    sendRequest: (request, next) => {
      request.headers.set("authorization", `Bearer ${bearer}`);
      return next(request);
    },
  });
  return created;
}

test("the workspace's discovery URL is on the host that was asked", async () => {
  const workspace = await client.workspaces.get(GROUP, NAME);

  expect(workspace.discoveryUrl).toBe(`${stand.url}/discovery`);
  expect(workspace.location).toBe("westeurope");
});

test("the default datastore leads to a container that exists", async () => {
  const found = [];
  for await (const one of client.datastores.list(GROUP, NAME, { isDefault: true })) found.push(one);
  expect(found.map(({ name }) => name)).toEqual(["workspaceblobstore"]);
  const { properties } = await client.datastores.get(GROUP, NAME, "workspaceblobstore");
  const secrets = await client.datastores.listSecrets(GROUP, NAME, "workspaceblobstore");

  const { accountName, containerName, endpoint, protocol } = properties as unknown as Record<
    string,
    string
  >;
  const { key } = secrets as unknown as Record<string, string>;
  const credential = new StorageSharedKeyCredential(accountName ?? "", key ?? "");
  const blobs = new BlobServiceClient(`${protocol}://${endpoint}/${accountName}`, credential);
  expect(containerName).toMatch(/^azureml-blobstore-[0-9a-f-]{36}$/);
  expect(await blobs.getContainerClient(containerName ?? "").exists()).toBe(true);
  await expect(client.datastores.get(GROUP, NAME, "other")).rejects.toMatchObject({
    statusCode: 404,
  });
});

test("a compute instance is created, stopped, started and deleted", async () => {
  const compute = {
    location: "westeurope",
    properties: {
      computeType: "ComputeInstance" as const,
      properties: { vmSize: "Standard_DS1_v2" },
    },
  };
  const create = () =>
    client.computeOperations.beginCreateOrUpdateAndWait(GROUP, NAME, "flowgate-ci", compute, soon);

  const created = await create();
  expect(created.properties).toMatchObject({
    provisioningState: "Succeeded",
    properties: { vmSize: "STANDARD_DS1_V2", state: "Running" },
  });
  expect((await create()).properties?.provisioningState).toBe("Succeeded");
  const state = async () => {
    const { properties } = await client.computeOperations.get(GROUP, NAME, "flowgate-ci");
    return (properties as { properties?: { state?: string } }).properties?.state;
  };
  await client.computeOperations.beginStopAndWait(GROUP, NAME, "flowgate-ci", soon);
  expect(await state()).toBe("Stopped");
  await client.computeOperations.beginStartAndWait(GROUP, NAME, "flowgate-ci", soon);
  expect(await state()).toBe("Running");
  await client.computeOperations.beginDeleteAndWait(GROUP, NAME, "flowgate-ci", "Delete", soon);
  await expect(state()).rejects.toMatchObject({ statusCode: 404, code: "ResourceNotFound" });
});

test("a model's content cannot change, and the container counts versions", async () => {
  const register = (version: string, path: string) =>
    client.modelVersions.createOrUpdate(GROUP, NAME, "qa-model", version, {
      properties: {
        modelType: "custom_model",
        modelUri: `azureml://datastores/workspaceblobstore/paths/${path}`,
        tags: { digest: "abc" },
      },
    });

  await expect(client.modelContainers.get(GROUP, NAME, "qa-model")).rejects.toMatchObject({
    statusCode: 404,
  });
  const first = await register("1", "LocalUpload/a/qa");
  expect(first).toMatchObject({ name: "1", id: `${WORKSPACE}/models/qa-model/versions/1` });
  await register("1", "LocalUpload/a/qa");
  await register("2", "LocalUpload/b/qa");
  await expect(register("2", "LocalUpload/c/qa")).rejects.toMatchObject({ statusCode: 400 });
  const { properties } = await client.modelContainers.get(GROUP, NAME, "qa-model");
  expect(properties).toMatchObject({ latestVersion: "2", nextVersion: "3" });
  const version = await client.modelVersions.get(GROUP, NAME, "qa-model", "2");
  expect(version.properties.tags).toEqual({ digest: "abc" });
});

test("an environment version says what the service adds to it", async () => {
  const created = await client.environmentVersions.createOrUpdate(GROUP, NAME, "pf", "abc", {
    properties: {
      image: "mcr.microsoft.com/azureml/promptflow/promptflow-runtime:1",
      isAnonymous: true,
    },
  });

  expect(created.properties).toMatchObject({ environmentType: "UserCreated", osType: "Linux" });
});

test("an endpoint with a deployment goes through the SDK's pollers from creation to deletion", async () => {
  await stand.upload("LocalUpload/m/qa/flow.dag.yaml", "nodes: []\n");
  await client.modelVersions.createOrUpdate(GROUP, NAME, "sdk-model", "1", {
    properties: { modelUri: "azureml://datastores/workspaceblobstore/paths/LocalUpload/m/qa" },
  });
  const endpoint = (traffic: Record<string, number>) => ({
    location: "westeurope",
    identity: { type: "SystemAssigned" as const },
    properties: {
      authMode: "Key" as const,
      traffic,
      properties: { enforce_access_to_default_secret_stores: "enabled" },
    },
  });
  const put = (traffic: Record<string, number>) =>
    client.onlineEndpoints.beginCreateOrUpdateAndWait(
      GROUP,
      NAME,
      "sdk-endpoint",
      endpoint(traffic),
      soon,
    );

  expect((await put({})).properties.scoringUri).toBe(`${stand.url}/endpoints/sdk-endpoint/score`);
  const deployment = await client.onlineDeployments.beginCreateOrUpdateAndWait(
    GROUP,
    NAME,
    "sdk-endpoint",
    "blue",
    {
      location: "westeurope",
      sku: { name: "Default", capacity: 1 },
      properties: {
        endpointComputeType: "Managed",
        model: `${WORKSPACE}/models/sdk-model/versions/1`,
        instanceType: "Standard_E4s_v3",
      },
    },
    soon,
  );
  expect(deployment.properties.provisioningState).toBe("Succeeded");
  expect((await put({ blue: 100 })).properties.traffic).toEqual({ blue: 100 });
  const logs = await client.onlineDeployments.getLogs(GROUP, NAME, "sdk-endpoint", "blue", {
    tail: 1,
  });
  expect(logs.content).toContain("ready");
  await put({});
  await client.onlineDeployments.beginDeleteAndWait(GROUP, NAME, "sdk-endpoint", "blue", soon);
  await client.onlineEndpoints.beginDeleteAndWait(GROUP, NAME, "sdk-endpoint", soon);
  await expect(client.onlineEndpoints.get(GROUP, NAME, "sdk-endpoint")).rejects.toMatchObject({
    statusCode: 404,
  });
});
