import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { anEndpoint, settle } from "./endpoint-stand.ts";
import { aSubmit, endedRun, type Stand, startStand, uploadSources, WORKSPACE } from "./stand.ts";

const VERSION = "api-version=2022-10-01";
const SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001";
const PROD =
  "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/shared/providers/Microsoft.MachineLearningServices/workspaces/prod";
const workspaces = [{}, { resourceGroup: "shared", workspace: "prod" }];

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

async function inventory(stand: Stand, query = ""): Promise<string[]> {
  const { body } = await stand.call("GET", `/_emulator/inventory${query}`);
  return body.items.map(
    ({ kind, name, workspace }: Record<string, string>) => `${workspace} ${kind} ${name}`,
  );
}

test("each workspace has its own id and its own default datastore, and lists tell them all", async () => {
  await using stand = await startStand(azurite, { workspaces });

  const local = await stand.arm("GET", "");
  const prod = await stand.call("GET", `${PROD}?${VERSION}`);
  const store = await stand.call("GET", `${PROD}/datastores/workspaceblobstore?${VERSION}`);
  const lists = "providers/Microsoft.MachineLearningServices/workspaces";
  const all = await stand.call("GET", `${SUBSCRIPTION}/${lists}?${VERSION}`);
  const shared = await stand.call(
    "GET",
    `${SUBSCRIPTION}/resourceGroups/shared/${lists}?${VERSION}`,
  );

  expect(local.body).toMatchObject({ id: WORKSPACE, name: "local" });
  expect(prod.body).toMatchObject({ id: PROD, name: "prod" });
  const { workspaceId } = prod.body.properties;
  expect(workspaceId).not.toBe(local.body.properties.workspaceId);
  expect(store.body.properties.containerName).toBe(`azureml-blobstore-${workspaceId}`);
  expect(all.body.value.map(({ name }: { name: string }) => name)).toEqual(["local", "prod"]);
  expect(shared.body.value.map(({ name }: { name: string }) => name)).toEqual(["prod"]);
});

test("a workspace that is not there is ARM's own 404 on every plane", async () => {
  await using stand = await startStand(azurite, { workspaces });
  const elsewhere = WORKSPACE.replace("/local", "/prod");

  const arm = await stand.call("GET", `${elsewhere}/models?${VERSION}`);
  const group = await stand.call("GET", `${PROD.replace("shared", "none")}?${VERSION}`);
  const flow = await stand.call("GET", `/flow/api${elsewhere}/FlowRuntimes`);

  expect(arm.status).toBe(404);
  expect(arm.body).toEqual({
    error: {
      code: "ResourceNotFound",
      message:
        "The Resource 'Microsoft.MachineLearningServices/workspaces/prod' under resource group 'flowgate' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    },
  });
  expect(group.body.error.code).toBe("ResourceGroupNotFound");
  expect(flow.status).toBe(404);
  expect(flow.body.error.innerError.code).toBe("ResourceNotFound");
});

test("what lies in one workspace is not there in another, and comes back after a restart", async () => {
  await using stand = await startStand(azurite, { workspaces });
  await uploadSources(stand);
  await stand.flow("POST", "/BulkRuns/submit", aSubmit("base"));
  await endedRun(stand, "base");
  const model = { properties: { modelUri: "azureml://datastores/workspaceblobstore/paths/m" } };
  await stand.call("PUT", `${PROD}/models/qa/versions/1?${VERSION}`, { body: model });

  const both = ["local run base", "prod model qa:1"];
  expect(await inventory(stand)).toEqual(both);
  await stand.restart();

  expect(await inventory(stand)).toEqual(both);
  expect(await inventory(stand, "?workspace=prod")).toEqual(["prod model qa:1"]);
  const run = await stand.call("POST", `/history/v1.0${PROD}/rundata`, { body: { runId: "base" } });
  expect(run.status).toBe(404);
  expect((await stand.arm("GET", "/models/qa")).status).toBe(404);
});

test("a workspace keeps its state when the workspaces are named in another order", async () => {
  const options = { workspaces: [...workspaces] };
  await using stand = await startStand(azurite, options);
  const model = { properties: { modelUri: "azureml://datastores/workspaceblobstore/paths/m" } };
  await stand.arm("PUT", "/models/first/versions/1", model);

  options.workspaces.reverse();
  await stand.restart();

  expect(await inventory(stand)).toEqual(["local model first:1"]);
});

test("the name of an endpoint is unique in the region until it is gone", async () => {
  await using stand = await startStand(azurite, { workspaces });
  await stand.arm("PUT", "/onlineEndpoints/qa-endpoint", anEndpoint());
  await settle(stand);

  const taken = await stand.call("PUT", `${PROD}/onlineEndpoints/QA-endpoint?${VERSION}`, {
    body: anEndpoint(),
  });

  expect(taken.status).toBe(400);
  expect(taken.body.error).toMatchObject({
    code: "BadRequest",
    details: [{ code: "InferencingClientCallFailed" }],
  });
  expect(JSON.parse(taken.body.error.details[0].message).errors[""]).toEqual([
    "There is already an endpoint with this name, Endpoint name needs to be unique within a region. Try some other name.",
  ]);
  await stand.arm("DELETE", "/onlineEndpoints/qa-endpoint");
  await settle(stand);
  const free = await stand.call("PUT", `${PROD}/onlineEndpoints/qa-endpoint?${VERSION}`, {
    body: anEndpoint(),
  });
  expect(free.status).toBe(201);
  const scored = await stand.call("POST", "/endpoints/qa-endpoint/score", { body: {} });
  expect(scored.status).toBe(401);
});

test("an identity and its role on one workspace are the subscription's, and count to that workspace", async () => {
  await using stand = await startStand(azurite, { workspaces });
  const identity = `${SUBSCRIPTION}/resourceGroups/shared/providers/Microsoft.ManagedIdentity/userAssignedIdentities/runner`;
  const { body } = await stand.call("PUT", `${identity}?api-version=2023-01-31`, { body: {} });
  const role = "providers/Microsoft.Authorization/roleAssignments";
  const assigned = await stand.call("PUT", `${PROD}/${role}/r1?${VERSION}`, {
    body: {
      properties: {
        roleDefinitionId: "/roleDefinitions/f6c7c914-8db3-469d-8ca1-694a8f32e121",
        principalId: body.properties.principalId,
      },
    },
  });

  expect(assigned.status).toBe(201);
  expect(await inventory(stand)).toEqual(["prod identity runner", "prod roleAssignment r1"]);
});

test("a workspace cannot be named twice", async () => {
  const twice = { workspaces: [{}, { workspace: "LOCAL" }] };
  await expect(startStand(azurite, twice)).rejects.toThrow("/workspaces/LOCAL is named twice.");
});

test("a name that is none is refused", async () => {
  await expect(startStand(azurite, { workspace: "a/b" })).rejects.toThrow(
    '"a/b" is no name of a subscription, a resource group or a workspace',
  );
});
