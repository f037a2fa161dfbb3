import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { createEchoEngine } from "./echo-engine.ts";
import { type Answer, type Stand, startStand, WORKSPACE } from "./stand.ts";

const ROLE = "f6c7c914-8db3-469d-8ca1-694a8f32e121";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

const anEndpoint = (traffic: Readonly<Record<string, number>> = {}, more = {}) => ({
  location: "westeurope",
  identity: { type: "SystemAssigned" },
  properties: { authMode: "Key", traffic, ...more },
});

const aDeployment = (more: Readonly<Record<string, unknown>> = {}) => ({
  location: "westeurope",
  sku: { name: "Default", capacity: 1 },
  properties: {
    endpointComputeType: "Managed",
    model: `${WORKSPACE}/models/qa-model/versions/1`,
    instanceType: "Standard_E4s_v3",
    ...more,
  },
});

/** With a registered model and the endpoint `qa-endpoint`, whose identity has the role. */
async function startEndpoint(options: Parameters<typeof startStand>[1] = {}): Promise<Stand> {
  const stand = await startStand(azurite, options);
  await stand.upload("LocalUpload/m1/qa/flow.dag.yaml", "nodes: []\n");
  const modelUri = "azureml://datastores/workspaceblobstore/paths/LocalUpload/m1/qa";
  await stand.arm("PUT", "/models/qa-model/versions/1", { properties: { modelUri } });
  const { body } = await stand.arm("PUT", "/onlineEndpoints/qa-endpoint", anEndpoint());
  await settle(stand);
  await grant(stand, body.identity.principalId);
  return stand;
}

async function grant(stand: Stand, principalId: string): Promise<void> {
  await stand.arm(
    "PUT",
    "/providers/Microsoft.Authorization/roleAssignments/33333333-3333-4333-8333-333333333333",
    { properties: { roleDefinitionId: `/roleDefinitions/${ROLE}`, principalId } },
  );
}

/** Long enough for anything, whatever the latency. */
async function settle(stand: Stand): Promise<void> {
  stand.clock.advance(3_600_000);
}

async function ended(stand: Stand, name: string): Promise<string> {
  for (let attempt = 0; attempt < 5000; attempt += 1) {
    const path = `/onlineEndpoints/qa-endpoint/deployments/${name}`;
    const { body } = await stand.arm("GET", path);
    if (body.properties.provisioningState !== "Updating") return body.properties.provisioningState;
  }
  throw new Error(`Deployment ${name} stays Updating.`);
}

async function deploy(stand: Stand, name: string, more: Readonly<Record<string, unknown>> = {}) {
  const path = `/onlineEndpoints/qa-endpoint/deployments/${name}`;
  const answer = await stand.arm("PUT", path, aDeployment(more));
  return { answer, state: await ended(stand, name) };
}

async function score(
  stand: Stand,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const keys = await stand.arm("POST", "/onlineEndpoints/qa-endpoint/listKeys");
  return await stand.call("POST", "/endpoints/qa-endpoint/score", {
    body,
    headers: { authorization: `Bearer ${keys.body.primaryKey}`, ...headers },
  });
}

test("an endpoint is Creating without a scoring URI, then Succeeded with one", async () => {
  await using stand = await startStand(azurite, { latency: "demo" });

  const created = await stand.arm("PUT", "/onlineEndpoints/qa-endpoint", anEndpoint());
  expect(created.status).toBe(201);
  expect(created.body.properties).toMatchObject({
    provisioningState: "Creating",
    scoringUri: null,
  });
  const poll = created.headers.get("azure-asyncoperation")?.replace(stand.url, "") ?? "";
  expect(poll).toContain("/mfeOperationsStatus/oe:");
  expect((await stand.call("GET", poll)).body.status).toBe("Updating");

  stand.clock.advance(1500);
  expect((await stand.call("GET", poll)).body.status).toBe("Succeeded");
  const ready = await stand.arm("GET", "/onlineEndpoints/qa-endpoint");
  expect(ready.body.properties).toMatchObject({
    provisioningState: "Succeeded",
    scoringUri: `${stand.url}/endpoints/qa-endpoint/score`,
  });
  expect(ready.body.identity.principalId).toMatch(/^[0-9a-f-]{36}$/);
});

test("while an endpoint is updating, its old traffic is shown and any other change is a conflict", async () => {
  await using stand = await startEndpoint({ latency: "demo" });
  const path = "/onlineEndpoints/qa-endpoint";
  await stand.arm("PUT", `${path}/deployments/blue`, aDeployment());
  expect((await stand.arm("PUT", path, anEndpoint())).status).toBe(409);
  await settle(stand);
  expect(await ended(stand, "blue")).toBe("Succeeded");

  const updating = await stand.arm("PUT", path, anEndpoint({ blue: 100 }));
  expect(updating.status).toBe(201);
  expect((await stand.arm("GET", path)).body.properties).toMatchObject({
    provisioningState: "Updating",
    traffic: {},
  });
  const conflicting = await stand.arm("PUT", `${path}/deployments/green`, aDeployment());
  expect(conflicting).toMatchObject({ status: 409, body: { error: { code: "Conflict" } } });

  stand.clock.advance(1500);
  expect((await stand.arm("GET", path)).body.properties.traffic).toEqual({ blue: 100 });
});

test.each([
  { traffic: { blue: 90 }, says: "sums to 90" },
  { traffic: { blue: 50, green: 50 }, says: "deployment 'green'" },
])("traffic $traffic is refused", async ({ traffic, says }) => {
  await using stand = await startEndpoint();
  await deploy(stand, "blue");

  const refused = await stand.arm("PUT", "/onlineEndpoints/qa-endpoint", anEndpoint(traffic));

  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toContain(says);
});

test("a deployment with traffic cannot be deleted, without it can", async () => {
  await using stand = await startEndpoint();
  await deploy(stand, "blue");
  const path = "/onlineEndpoints/qa-endpoint";
  await stand.arm("PUT", path, anEndpoint({ blue: 100 }));

  expect((await stand.arm("DELETE", `${path}/deployments/blue`)).status).toBe(400);
  await stand.arm("PUT", path, anEndpoint({}));
  const deleted = await stand.arm("DELETE", `${path}/deployments/blue`);
  expect(deleted.status).toBe(202);
  expect(deleted.headers.get("location")).toContain("/mfeOperationResults/od:");
  expect((await stand.arm("GET", `${path}/deployments/blue`)).status).toBe(404);
});

test.each([
  { name: "a", says: "3 to 32" },
  { name: "double--hyphen", says: "single hyphens" },
])("an endpoint cannot be called $name", async ({ name, says }) => {
  await using stand = await startStand(azurite);

  const refused = await stand.arm("PUT", `/onlineEndpoints/${name}`, anEndpoint());

  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toContain(says);
});

test("a deployed flow answers, by traffic and by header, with the name of who answered", async () => {
  await using stand = await startEndpoint();
  expect((await deploy(stand, "blue")).state).toBe("Succeeded");
  expect((await deploy(stand, "green")).state).toBe("Succeeded");
  await stand.arm("PUT", "/onlineEndpoints/qa-endpoint", anEndpoint({ blue: 100 }));

  const byTraffic = await score(stand, { question: "hi" });
  expect(byTraffic).toMatchObject({ status: 200, body: { echo: "hi" } });
  expect(byTraffic.headers.get("azureml-model-deployment")).toBe("blue");
  const byHeader = await score(stand, { question: "hi" }, { "azureml-model-deployment": "green" });
  expect(byHeader.headers.get("azureml-model-deployment")).toBe("green");
});

test.each([
  { random: 0, answers: "blue" },
  { random: 0.89, answers: "blue" },
  { random: 0.9, answers: "green" },
])("with 90 to 10, a request that draws $random goes to $answers", async ({ random, answers }) => {
  await using stand = await startEndpoint({ random: () => random });
  await deploy(stand, "blue");
  await deploy(stand, "green");
  await stand.arm("PUT", "/onlineEndpoints/qa-endpoint", anEndpoint({ blue: 90, green: 10 }));

  const answer = await score(stand, { question: "hi" });

  expect(answer.headers.get("azureml-model-deployment")).toBe(answers);
});

test("a wrong key is 401, no traffic and an unknown deployment are 404, a failing flow is 424", async () => {
  await using stand = await startEndpoint();
  await deploy(stand, "blue");
  const blue = { "azureml-model-deployment": "blue" };

  expect((await score(stand, {}, { authorization: "Bearer wrong" })).status).toBe(401);
  expect((await score(stand, {})).status).toBe(404);
  expect((await score(stand, {}, { "azureml-model-deployment": "red" })).status).toBe(404);
  const failed = await score(stand, { question: "boom" }, blue);
  expect(failed).toMatchObject({ status: 424, body: { error: { code: "UserError" } } });
  expect(failed.headers.get("ms-azureml-model-error-statuscode")).toBe("400");
  const missing = await score(stand, {}, blue);
  expect(missing.status).toBe(424);
  expect(missing.body.error.message).toContain("question");
});

test("a flow that outlasts requestTimeout is a 408", async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const engine = createEchoEngine({
    serve: () => {
      ask();
      return new Promise(() => {});
    },
  });
  await using stand = await startEndpoint({ engine });
  await deploy(stand, "blue", { requestSettings: { requestTimeout: "PT90S" } });

  const answer = score(stand, { question: "hi" }, { "azureml-model-deployment": "blue" });
  await asked;
  stand.clock.advance(90_000);

  expect((await answer).status).toBe(408);
});

test("a deployment fails when the endpoint's identity may not read connections", async () => {
  await using stand = await startStand(azurite);
  await stand.upload("LocalUpload/m1/qa/flow.dag.yaml", "nodes: []\n");
  const modelUri = "azureml://datastores/workspaceblobstore/paths/LocalUpload/m1/qa";
  await stand.arm("PUT", "/models/qa-model/versions/1", { properties: { modelUri } });
  await stand.arm("PUT", "/onlineEndpoints/qa-endpoint", anEndpoint());

  const { answer, state } = await deploy(stand, "blue");

  expect(state).toBe("Failed");
  const poll = answer.headers.get("azure-asyncoperation")?.replace(stand.url, "") ?? "";
  await stand.call("GET", poll);
  const { body } = await stand.call("GET", poll);
  expect(body).toMatchObject({ status: "Failed", error: { code: "ResourceNotReady" } });
  expect(body.error.message).toContain("listsecrets");
});

test("a role that is granted while the deployment comes up is in time", async () => {
  await using stand = await startEndpoint({ latency: "demo" });
  const path = "/onlineEndpoints/qa-endpoint/deployments/blue";
  await stand.arm("PUT", path, aDeployment());
  expect((await stand.arm("GET", path)).body.properties.provisioningState).toBe("Updating");

  stand.clock.advance(3000);

  expect(await ended(stand, "blue")).toBe("Succeeded");
});

test("a flow that does not load fails its deployment, and the logs say why", async () => {
  await using stand = await startEndpoint();

  const { state } = await deploy(stand, "blue", { environmentVariables: { BROKEN: "1" } });

  expect(state).toBe("Failed");
  const logs = await stand.arm("POST", "/onlineEndpoints/qa-endpoint/deployments/blue/getLogs", {
    containerType: "InferenceServer",
    tail: 1,
  });
  expect(logs.body.content).toContain("The flow cannot be loaded: BROKEN is set.");
});

test("a deployment can be made to fail, or never to end and still be deleted", async () => {
  await using stand = await startEndpoint();
  await stand.fault({ on: "deployment", match: "^blue$", outcome: "failed", message: "No quota." });
  await stand.fault({ on: "deployment", match: "^green$", outcome: "never" });

  expect((await deploy(stand, "blue")).state).toBe("Failed");
  const path = "/onlineEndpoints/qa-endpoint/deployments/green";
  await stand.arm("PUT", path, aDeployment());
  await settle(stand);
  expect((await stand.arm("GET", path)).body.properties.provisioningState).toBe("Updating");
  expect((await stand.arm("DELETE", path)).status).toBe(202);
});

test("deployed endpoints serve again after a restart, with the same keys", async () => {
  await using stand = await startEndpoint();
  await deploy(stand, "blue");
  const keys = await stand.arm("POST", "/onlineEndpoints/qa-endpoint/listKeys");

  await stand.restart();

  const after = await stand.arm("POST", "/onlineEndpoints/qa-endpoint/listKeys");
  expect(after.body).toEqual(keys.body);
  const answer = await score(stand, { question: "hi" }, { "azureml-model-deployment": "blue" });
  expect(answer).toMatchObject({ status: 200, body: { echo: "hi" } });
});

test("a deployment that was on its way goes on after a restart", async () => {
  await using stand = await startEndpoint({ latency: "demo" });
  const path = "/onlineEndpoints/qa-endpoint/deployments/blue";
  await stand.arm("PUT", path, aDeployment());

  await stand.restart();
  expect((await stand.arm("GET", path)).body.properties.provisioningState).toBe("Updating");
  stand.clock.advance(3000);

  expect(await ended(stand, "blue")).toBe("Succeeded");
});

test("deleting an endpoint takes its deployments with it", async () => {
  await using stand = await startEndpoint({ latency: "demo" });
  await stand.arm("PUT", "/onlineEndpoints/qa-endpoint/deployments/blue", aDeployment());
  await settle(stand);
  await ended(stand, "blue");

  expect((await stand.arm("DELETE", "/onlineEndpoints/qa-endpoint")).status).toBe(202);
  const deleting = await stand.arm("GET", "/onlineEndpoints/qa-endpoint");
  expect(deleting.body.properties.provisioningState).toBe("Deleting");
  await settle(stand);
  expect((await stand.arm("GET", "/onlineEndpoints/qa-endpoint")).status).toBe(404);
  const { body } = await stand.call("GET", "/_emulator/inventory");
  expect(body.items.map(({ kind }: { kind: string }) => kind)).toEqual(["roleAssignment", "model"]);
});
