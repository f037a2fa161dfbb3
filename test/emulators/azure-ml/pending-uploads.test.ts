import { ContainerClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { aSubmit, endedRun, startStand, uploadSources } from "./stand.ts";

const CODE = "/codes/qa/versions/1";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

test("code is uploaded into a container that is lent for it, and a flow runs from there", async () => {
  await using stand = await startStand(azurite);
  await uploadSources(stand);
  const request = { pendingUploadType: "TemporaryBlobReference", pendingUploadId: "mine" };

  const { status, body } = await stand.arm("POST", `${CODE}/startPendingUpload`, request);
  const { blobUri, credential, storageAccountArmId } = body.blobReferenceForConsumption;
  const lent = new ContainerClient(credential.sasUri);
  await lent.getBlockBlobClient("my flow/flow.dag.yaml").upload("nodes: []\n", 10);
  const codeUri = `${blobUri}/my%20flow`;
  const registered = await stand.arm("PUT", CODE, { properties: { codeUri } });
  const flow = { flowDefinitionDataUri: `${codeUri}/flow.dag.yaml`, flowDefinitionBlobPath: null };
  await stand.flow("POST", "/BulkRuns/submit", aSubmit("from-code", flow));

  expect(status).toBe(200);
  expect(body).toMatchObject(request);
  expect(storageAccountArmId).toMatch(/\/Microsoft.Storage\/storageAccounts\/devstoreaccount1$/);
  expect(credential.credentialType).toBe("SAS");
  expect(registered.body.properties.codeUri).toBe(codeUri);
  expect((await endedRun(stand, "from-code")).status).toBe("Completed");
});

test("each upload has a container of its own", async () => {
  await using stand = await startStand(azurite);
  const begin = async () => {
    const { body } = await stand.arm("POST", `${CODE}/startPendingUpload`, {});
    return body.blobReferenceForConsumption.blobUri;
  };

  expect(await begin()).not.toBe(await begin());
});

test("nothing but a temporary reference to blobs is lent", async () => {
  await using stand = await startStand(azurite);

  const { status, body } = await stand.arm("POST", `${CODE}/startPendingUpload`, {
    pendingUploadType: "None",
  });

  expect(status).toBe(400);
  expect(body.error.message).toBe("pendingUploadType is TemporaryBlobReference.");
});

test("a flow at a URL outside the storage account fails its run", async () => {
  await using stand = await startStand(azurite);
  await uploadSources(stand);
  const flow = { flowDefinitionDataUri: "https://example.com/f/flow.dag.yaml" };

  const submit = aSubmit("elsewhere", { ...flow, flowDefinitionBlobPath: null });
  await stand.flow("POST", "/BulkRuns/submit", submit);

  const { status, error } = await endedRun(stand, "elsewhere");
  expect(status).toBe("Failed");
  expect(error.error.innerError.code).toBe("FlowDefinitionNotFound");
});
