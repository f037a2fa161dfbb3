// A model at an endpoint with @azure/arm-machinelearning as it comes from npm; README.md says how to point it here.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { AzureMachineLearningWorkspaces } from "@azure/arm-machinelearning";
import { DefaultAzureCredential } from "@azure/identity";

const workspace = ["flowgate", "local"];
const suffix = randomUUID().slice(0, 8);
const client = new AzureMachineLearningWorkspaces(
  new DefaultAzureCredential(),
  "00000000-0000-0000-0000-000000000001",
);

const { discoveryUrl } = await client.workspaces.get(...workspace);
assert.equal(discoveryUrl, "https://westeurope.api.azureml.ms/discovery");

const machine = `ci-${suffix}`;
await client.computeOperations.beginCreateOrUpdateAndWait(...workspace, machine, {
  location: "westeurope",
  properties: { computeType: "ComputeInstance", properties: { vmSize: "Standard_DS1_v2" } },
});
await client.computeOperations.beginDeleteAndWait(...workspace, machine, "Delete");
await assert.rejects(client.computeOperations.get(...workspace, machine), { statusCode: 404 });

const endpoint = `node-${suffix}`;
const made = await client.onlineEndpoints.beginCreateOrUpdateAndWait(...workspace, endpoint, {
  location: "westeurope",
  identity: { type: "SystemAssigned" },
  properties: { authMode: "Key" },
});
assert.equal(
  made.properties.scoringUri,
  `https://${endpoint}.westeurope.inference.ml.azure.com/score`,
);
await client.onlineEndpoints.beginDeleteAndWait(...workspace, endpoint);

const sizes = await client.virtualMachineSizes.list("westeurope");
assert.ok(sizes.value?.some(({ name }) => name === "Standard_DS3_v2"));
