import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { aDeployment, anEndpoint, deploy, ended, settle, startEndpoint } from "./endpoint-stand.ts";
import { startStand, WORKSPACE } from "./stand.ts";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

test("a deployment with traffic cannot be deleted, without it can", async () => {
  await using stand = await startEndpoint(azurite);
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
  await using stand = await startEndpoint(azurite, { latency: "demo" });
  const path = "/onlineEndpoints/qa-endpoint/deployments/blue";
  await stand.arm("PUT", path, aDeployment());
  expect((await stand.arm("GET", path)).body.properties.provisioningState).toBe("Updating");

  stand.clock.advance(3000);

  expect(await ended(stand, "blue")).toBe("Succeeded");
});

test("a flow that does not load fails its deployment, and the logs say why", async () => {
  await using stand = await startEndpoint(azurite);

  const { state } = await deploy(stand, "blue", { environmentVariables: { BROKEN: "1" } });

  expect(state).toBe("Failed");
  const logs = await stand.arm("POST", "/onlineEndpoints/qa-endpoint/deployments/blue/getLogs", {
    containerType: "InferenceServer",
    tail: 1,
  });
  expect(logs.body.content).toContain("The flow cannot be loaded: BROKEN is set.");
});

test("a failed deployment names the operation that tells why, also after a restart", async () => {
  await using stand = await startEndpoint(azurite);
  await stand.fault({ on: "deployment", outcome: "failed", message: "No cores." });
  const { answer } = await deploy(stand, "blue");

  await stand.restart();
  const path = "/onlineEndpoints/qa-endpoint/deployments/blue";
  const { properties } = (await stand.arm("GET", path)).body;
  const operation: string = properties.properties.AzureAsyncOperationUri;

  expect(operation.split("?")[0]).toMatch(
    /^http:.*\/mfeOperationsStatus\/od:[0-9a-f-]+:[0-9a-f-]+$/,
  );
  expect(new URL(operation).pathname).toBe(
    new URL(answer.headers.get("azure-asyncoperation") ?? "").pathname,
  );
  const { status, body } = await stand.call("GET", operation.replace(stand.url, ""));
  expect(status).toBe(200);
  expect(body).toMatchObject({
    status: "Failed",
    error: {
      code: "ResourceNotReady",
      message: expect.stringMatching(
        /^User container has crashed or terminated: No cores\. Please/,
      ),
    },
  });
});

test("a deployment can be made to fail, or never to end and still be deleted", async () => {
  await using stand = await startEndpoint(azurite);
  await stand.fault({ on: "deployment", match: "^blue$", outcome: "failed", message: "No quota." });
  await stand.fault({ on: "deployment", match: "^green$", outcome: "never" });

  expect((await deploy(stand, "blue")).state).toBe("Failed");
  const path = "/onlineEndpoints/qa-endpoint/deployments/green";
  await stand.arm("PUT", path, aDeployment());
  await settle(stand);
  expect((await stand.arm("GET", path)).body.properties.provisioningState).toBe("Updating");
  expect((await stand.arm("DELETE", path)).status).toBe(202);
});

test("a deployment that was on its way goes on after a restart", async () => {
  await using stand = await startEndpoint(azurite, { latency: "demo" });
  const path = "/onlineEndpoints/qa-endpoint/deployments/blue";
  await stand.arm("PUT", path, aDeployment());

  await stand.restart();
  expect((await stand.arm("GET", path)).body.properties.provisioningState).toBe("Updating");
  stand.clock.advance(3000);

  expect(await ended(stand, "blue")).toBe("Succeeded");
});

test.each([
  { requestTimeout: "PT91S", flow: {}, status: 400 },
  { requestTimeout: "90", flow: {}, status: 400 },
  { requestTimeout: "PT5M", flow: { "azureml.promptflow.source_flow_id": "qa" }, status: 201 },
])(
  "a requestTimeout of $requestTimeout is answered with $status for a model with $flow",
  async ({ requestTimeout, flow, status }) => {
    await using stand = await startEndpoint(azurite);
    const modelUri = "azureml://datastores/workspaceblobstore/paths/LocalUpload/m1/qa";
    await stand.arm("PUT", "/models/qa-model/versions/2", {
      properties: { modelUri, properties: flow },
    });
    const model = `${WORKSPACE}/models/qa-model/versions/2`;

    const body = aDeployment({ model, requestSettings: { requestTimeout } });
    const answer = await stand.arm("PUT", "/onlineEndpoints/qa-endpoint/deployments/blue", body);

    expect(answer.status).toBe(status);
  },
);

test.each([
  { more: { model: `${WORKSPACE}/models/other/versions/1` }, says: "was not found" },
  { more: { environmentId: `${WORKSPACE}/environments/other/versions/1` }, says: "environment" },
  { more: { endpointComputeType: "Kubernetes" }, says: "Managed" },
])("a deployment of $more is refused", async ({ more, says }) => {
  await using stand = await startEndpoint(azurite);

  const path = "/onlineEndpoints/qa-endpoint/deployments/blue";
  const refused = await stand.arm("PUT", path, aDeployment(more));

  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toContain(says);
});

test("a model without a flow fails its deployment", async () => {
  await using stand = await startEndpoint(azurite);
  await stand.upload("LocalUpload/m2/qa/readme.txt", "nothing to run");
  const modelUri = "azureml://datastores/workspaceblobstore/paths/LocalUpload/m2/qa";
  await stand.arm("PUT", "/models/qa-model/versions/2", { properties: { modelUri } });

  const model = `${WORKSPACE}/models/qa-model/versions/2`;
  expect((await deploy(stand, "blue", { model })).state).toBe("Failed");

  const path = "/onlineEndpoints/qa-endpoint/deployments/blue/getLogs";
  const { body } = await stand.arm("POST", path, {});
  expect(body.content).toContain(
    "The model has neither flow.dag.yaml nor flow.flex.yaml at its root, nor a single .prompty file.",
  );
});
