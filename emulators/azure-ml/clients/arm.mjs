// From a compute instance to a scored deployment with @azure/arm-machinelearning as it comes from npm; README.md says how to point it here.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { AzureMachineLearningWorkspaces } from "@azure/arm-machinelearning";
import { DefaultAzureCredential } from "@azure/identity";

const place = ["flowgate", "local"];
const suffix = randomUUID().slice(0, 8);
const client = new AzureMachineLearningWorkspaces(
  new DefaultAzureCredential(),
  "00000000-0000-0000-0000-000000000001",
);
/** Operations take no time here; the pollers' own pause of two seconds would. */
const soon = { updateIntervalInMs: 100 };

const names = async (list) => (await all(list)).map(({ name }) => name);
const gone = { statusCode: 404 };

async function all(list) {
  const items = [];
  for await (const item of list) items.push(item);
  return items;
}

async function tried(what, run) {
  await run();
  process.stdout.write(`ok  ${what}\n`);
}

await tried("workspaces: get, lists", async () => {
  const { discoveryUrl } = await client.workspaces.get(...place);
  assert.equal(discoveryUrl, "https://westeurope.api.azureml.ms/discovery");
  assert.deepEqual(await names(client.workspaces.listBySubscription()), ["local"]);
  assert.deepEqual(await names(client.workspaces.listByResourceGroup("flowgate")), ["local"]);
});

await tried("sizes, usages, quotas", async () => {
  const { value } = await client.virtualMachineSizes.list("westeurope");
  assert.ok(value.some(({ name }) => name === "Standard_DS3_v2"));
  assert.ok((await all(client.usages.list("westeurope"))).length > 0);
  assert.ok((await all(client.quotas.list("westeurope"))).length > 0);
});

await tried("datastores: list, get, listSecrets", async () => {
  assert.deepEqual(await names(client.datastores.list(...place)), ["workspaceblobstore"]);
  const { properties } = await client.datastores.get(...place, "workspaceblobstore");
  assert.equal(properties.datastoreType, "AzureBlob");
  const secrets = await client.datastores.listSecrets(...place, "workspaceblobstore");
  assert.equal(secrets.secretsType, "AccountKey");
});

await tried("computes: create, list, stop, start, restart, delete", async () => {
  const computes = client.computeOperations;
  const machine = `ci-${suffix}`;
  const size = { vmSize: "Standard_DS1_v2" };
  const body = {
    location: "westeurope",
    properties: { computeType: "ComputeInstance", properties: size },
  };
  await computes.beginCreateOrUpdateAndWait(...place, machine, body, soon);
  assert.ok((await names(computes.list(...place))).includes(machine));
  const stateOf = async () => (await computes.get(...place, machine)).properties.properties.state;
  await computes.beginStopAndWait(...place, machine, soon);
  assert.equal(await stateOf(), "Stopped");
  await computes.beginStartAndWait(...place, machine, soon);
  await computes.beginRestartAndWait(...place, machine, soon);
  assert.equal(await stateOf(), "Running");
  await computes.beginDeleteAndWait(...place, machine, "Delete", soon);
  await assert.rejects(computes.get(...place, machine), gone);
});

const kinds = [
  {
    kind: "models",
    containers: client.modelContainers,
    versions: client.modelVersions,
    properties: {
      modelType: "custom_model",
      modelUri: "azureml://datastores/workspaceblobstore/paths/models/one",
    },
  },
  {
    kind: "environments",
    containers: client.environmentContainers,
    versions: client.environmentVersions,
    properties: { image: "mcr.microsoft.com/azureml/promptflow/promptflow-runtime:latest" },
  },
  {
    kind: "data",
    containers: client.dataContainers,
    versions: client.dataVersions,
    properties: {
      dataType: "uri_file",
      dataUri: "azureml://datastores/workspaceblobstore/paths/data/one.jsonl",
    },
  },
  {
    kind: "codes",
    containers: client.codeContainers,
    versions: client.codeVersions,
    properties: { codeUri: "https://devstoreaccount1.blob.core.windows.net/code/one" },
  },
];
for (const { kind, containers, versions, properties } of kinds) {
  await tried(`${kind}: create, get, lists, archive, delete`, async () => {
    const name = `${kind}-${suffix}`;
    await versions.createOrUpdate(...place, name, "1", { properties });
    await versions.createOrUpdate(...place, name, "2", { properties });
    assert.equal((await versions.get(...place, name, "2")).name, "2");
    assert.deepEqual((await names(versions.list(...place, name))).sort(), ["1", "2"]);
    const container = await containers.get(...place, name);
    assert.deepEqual(
      [container.properties.latestVersion, container.properties.nextVersion],
      ["2", "3"],
    );
    assert.ok((await names(containers.list(...place))).includes(name));
    const archived = { properties: { ...properties, isArchived: true } };
    await versions.createOrUpdate(...place, name, "2", archived);
    assert.equal((await versions.get(...place, name, "2")).properties.isArchived, true);
    await versions.delete(...place, name, "2");
    await assert.rejects(versions.get(...place, name, "2"), gone);
  });
}

const endpoint = `node-${suffix}`;
const endpoints = client.onlineEndpoints;
const settings = {
  location: "westeurope",
  identity: { type: "SystemAssigned" },
  properties: { authMode: "Key" },
};
await tried("endpoints: create, list, update", async () => {
  const made = await endpoints.beginCreateOrUpdateAndWait(...place, endpoint, settings, soon);
  assert.equal(
    made.properties.scoringUri,
    `https://${endpoint}.westeurope.inference.ml.azure.com/score`,
  );
  assert.ok((await names(endpoints.list(...place))).includes(endpoint));
  await endpoints.beginUpdateAndWait(...place, endpoint, { tags: { by: "npm" } }, soon);
  assert.deepEqual((await endpoints.get(...place, endpoint)).tags, { by: "npm" });
});

await tried("endpoints: listKeys, regenerateKeys", async () => {
  const before = await endpoints.listKeys(...place, endpoint);
  const secondary = { keyType: "Secondary" };
  await endpoints.beginRegenerateKeysAndWait(...place, endpoint, secondary, soon);
  const after = await endpoints.listKeys(...place, endpoint);
  assert.equal(after.primaryKey, before.primaryKey);
  assert.notEqual(after.secondaryKey, before.secondaryKey);
});

await tried("endpoints: getToken", async () => {
  const other = `${endpoint}-t`;
  const byToken = { ...settings, properties: { authMode: "AMLToken" } };
  await endpoints.beginCreateOrUpdateAndWait(...place, other, byToken, soon);
  const { accessToken, tokenType, expiryTimeUtc } = await endpoints.getToken(...place, other);
  assert.deepEqual([typeof accessToken, tokenType], ["string", "Bearer"]);
  assert.ok(expiryTimeUtc * 1000 > Date.now());
  await endpoints.beginDeleteAndWait(...place, other, soon);
});

await tried("deployments: one that fails says why", async () => {
  const deployments = client.onlineDeployments;
  const model = await client.modelVersions.get(...place, `models-${suffix}`, "1");
  const body = {
    location: "westeurope",
    sku: { name: "Default", capacity: 1 },
    properties: {
      endpointComputeType: "Managed",
      model: model.id,
      instanceType: "Standard_DS3_v2",
    },
  };
  const failing = deployments.beginCreateOrUpdateAndWait(...place, endpoint, "blue", body, soon);
  await assert.rejects(failing, /is empty/);
  assert.deepEqual(await names(deployments.list(...place, endpoint)), ["blue"]);
  const { properties } = await deployments.get(...place, endpoint, "blue");
  assert.equal(properties.provisioningState, "Failed");
  const log = { containerType: "InferenceServer", tail: 10 };
  const { content } = await deployments.getLogs(...place, endpoint, "blue", log);
  assert.match(content, /is empty/);
  await deployments.beginDeleteAndWait(...place, endpoint, "blue", soon);
});

await tried("endpoints: delete", async () => {
  await endpoints.beginDeleteAndWait(...place, endpoint, soon);
  await assert.rejects(endpoints.get(...place, endpoint), gone);
});
