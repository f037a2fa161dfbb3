import { expect, test } from "vitest";
import { connectAzure } from "#azure/connect-azure.ts";
import {
  credential,
  type LiteralAzure,
  literalAzure,
  type Reply,
  type Seen,
  WORKSPACE_PATH as WS,
  workspace,
} from "./literal-azure.ts";

type Clients = ReturnType<typeof connectAzure>;

const STABLE = "api-version=2025-12-01";
const IDENTITY =
  "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/flowgate-ws";
const DISCOVERY = {
  id: WS,
  location: "westeurope",
  properties: { discoveryUrl: "https://westeurope.api.azureml.ms/discovery" },
};

/** What ARM was asked for one call, the workspace itself left out; `answers` say what is not a 404. */
async function asked(
  call: (azure: Clients) => Promise<unknown>,
  answers: Readonly<Record<string, Reply>> = {},
): Promise<[string, unknown][]> {
  const answer = ({ method, path }: Seen): Reply => {
    const [at = ""] = path.split("?");
    if (at === WS) return { body: DISCOVERY };
    return answers[`${method} ${at.replace(WS, "{ws}")}`] ?? { status: 404, body: {} };
  };
  await using azure: LiteralAzure = await literalAzure(answer);
  await call(connectAzure({ credential, workspace, armEndpoint: azure.url }));
  const seen = azure.seen.filter(({ path }) => !path.startsWith(`${WS}?`));
  for (const { headers } of seen) {
    expect(headers).toMatchObject({
      authorization: "Bearer https://management.azure.com/.default",
      "x-ms-client-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  }
  return seen.map(({ method, path, body }) => [`${method} ${path.replace(WS, "{ws}")}`, body]);
}

const created = { status: 201, body: {} } as const;

test("an identity", async () => {
  const id = { body: { id: IDENTITY, properties: { principalId: "p" } } };
  const requests = await asked(({ identities }) => identities.ensure("flowgate-ws"), {
    [`PUT ${IDENTITY}`]: id,
  });

  expect(requests).toEqual([
    [
      `PUT ${IDENTITY}?api-version=2023-01-31`,
      { location: "westeurope", tags: { application: "flowgate" } },
    ],
  ]);
});

test("a role assignment, under a name that follows from what it assigns", async () => {
  // Computed with Python's uuid.uuid5.
  const name = "ed0b32c8-cc40-5f20-adbb-d4ec74ba4619";
  const path = `{ws}/providers/Microsoft.Authorization/roleAssignments/${name}`;
  const requests = await asked(({ roles }) => roles.ensureDataScientist("p"), {
    [`PUT ${path}`]: created,
  });

  expect(requests).toEqual([
    [
      `PUT ${path}?api-version=2022-04-01`,
      {
        properties: {
          roleDefinitionId:
            "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/f6c7c914-8db3-469d-8ca1-694a8f32e121",
          principalId: "p",
          principalType: "ServicePrincipal",
        },
      },
    ],
  ]);
});

test("a compute instance", async () => {
  const request = { name: "ci", vmSize: "Standard_DS1_v2", identity: IDENTITY };
  const requests = await asked(({ computes }) => computes.ensureStarted(request), {
    "PUT {ws}/computes/ci": created,
  });

  expect(requests).toEqual([
    ["GET {ws}/computes/ci?api-version=2022-10-01", undefined],
    [
      `PUT {ws}/computes/ci?${STABLE}`,
      {
        location: "westeurope",
        identity: { type: "UserAssigned", userAssignedIdentities: { [IDENTITY]: {} } },
        properties: {
          computeType: "ComputeInstance",
          properties: {
            vmSize: "Standard_DS1_v2",
            computeInstanceAuthorizationType: "personal",
            applicationSharingPolicy: "Personal",
            sshSettings: { sshPublicAccess: "Disabled" },
            idleTimeBeforeShutdown: "PT1H",
          },
        },
      },
    ],
  ]);
});

test("a compute instance's removal", async () => {
  expect(await asked(({ computes }) => computes.remove("ci"))).toEqual([
    [`DELETE {ws}/computes/ci?${STABLE}&underlyingResourceAction=Delete`, undefined],
  ]);
});

test("a model", async () => {
  const model = {
    name: "m",
    datastore: "workspaceblobstore",
    path: "LocalUpload/h/web-classification",
    description: "d",
    tags: { "flowgate.app": "qa" },
    properties: { "azureml.promptflow.source_flow_id": "web-classification" },
    identity: { "flowgate.bundle": "sha256:b" },
  };
  const requests = await asked(({ models }) => models.ensureRegistered(model), {
    "GET {ws}/models/m": { body: { properties: { latestVersion: "2", nextVersion: "3" } } },
    "PUT {ws}/models/m/versions/3": { status: 201, body: { id: "i", name: "3", properties: {} } },
  });

  expect(requests).toEqual([
    [`GET {ws}/models/m?${STABLE}`, undefined],
    [`GET {ws}/models/m/versions?${STABLE}`, undefined],
    [
      `PUT {ws}/models/m/versions/3?${STABLE}`,
      {
        properties: {
          modelType: "custom_model",
          isAnonymous: false,
          isArchived: false,
          modelUri:
            "azureml://subscriptions/s/resourcegroups/rg/workspaces/ws/datastores/workspaceblobstore/paths/LocalUpload/h/web-classification",
          description: "d",
          tags: { "flowgate.app": "qa" },
          properties: {
            "azureml.promptflow.source_flow_id": "web-classification",
            "flowgate.bundle": "sha256:b",
          },
        },
      },
    ],
  ]);
});

const EP = "{ws}/onlineEndpoints/shop";
const endpointFile = {
  file: "endpoint.yaml",
  name: "shop",
  authMode: "Key",
  identity: { type: "SystemAssigned" },
  description: null,
  tags: {},
  properties: {},
  publicNetworkAccess: null,
  lineOfName: 1,
} as const;

test("an endpoint", async () => {
  const request = { name: "shop", app: "qa", file: endpointFile };
  const requests = await asked(({ endpoints }) => endpoints.ensureStarted(request), {
    [`PUT ${EP}`]: created,
  });

  expect(requests).toEqual([
    [`GET ${EP}?${STABLE}`, undefined],
    [`GET ${EP}/deployments?${STABLE}`, undefined],
    [
      `PUT ${EP}?${STABLE}`,
      {
        location: "westeurope",
        kind: "Managed",
        tags: { "flowgate.app": "qa" },
        identity: { type: "SystemAssigned" },
        properties: { authMode: "Key", properties: {}, traffic: {} },
      },
    ],
  ]);
});

const DEPLOYMENT = `${EP}/deployments/blue`;
const place = { endpoint: "shop", deployment: "blue" };
const serving = {
  isAnonymous: true,
  image: "mcr.microsoft.com/azureml/promptflow/promptflow-runtime:20230808.v1",
  inferenceConfig: {
    livenessRoute: { path: "/health", port: 8080 },
    readinessRoute: { path: "/health", port: 8080 },
    scoringRoute: { path: "/score", port: 8080 },
  },
};
const deploymentRequest = {
  ...place,
  app: "qa",
  pipeline: "qa-0123456789ab",
  bundle: "sha256:b",
  variant: "${ask.variant_1}",
  model: `${WS}/models/m/versions/3`,
  environment: { kind: "inline", name: "flowgate-env", version: "abc", properties: serving },
  environmentVariables: { PROMPTFLOW_RUN_MODE: "serving" },
  instanceCount: 2,
  tags: { team: "a" },
  settings: {
    instanceType: "Standard_E4s_v3",
    requestSettings: { requestTimeout: "PT90S", maxConcurrentRequestsPerInstance: 1 },
  },
} as const;

test("a deployment, with the environment that it is served in", async () => {
  const requests = await asked(({ deployments }) => deployments.ensureStarted(deploymentRequest), {
    "PUT {ws}/environments/flowgate-env/versions/abc": created,
    [`PUT ${DEPLOYMENT}`]: created,
  });

  expect(requests).toEqual([
    [`GET ${DEPLOYMENT}?${STABLE}`, undefined],
    [`GET {ws}/environments/flowgate-env/versions/abc?${STABLE}`, undefined],
    [`PUT {ws}/environments/flowgate-env/versions/abc?${STABLE}`, { properties: serving }],
    [
      `PUT ${DEPLOYMENT}?${STABLE}`,
      {
        location: "westeurope",
        tags: {
          team: "a",
          "flowgate.app": "qa",
          "flowgate.pipeline": "qa-0123456789ab",
          "flowgate.bundle": "sha256:b",
          "flowgate.variant": "${ask.variant_1}",
          "flowgate.createdAt": expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        },
        sku: { name: "Default", capacity: 2 },
        properties: {
          instanceType: "Standard_E4s_v3",
          requestSettings: { requestTimeout: "PT90S", maxConcurrentRequestsPerInstance: 1 },
          endpointComputeType: "Managed",
          model: `${WS}/models/m/versions/3`,
          environmentId: `${WS}/environments/flowgate-env/versions/abc`,
          environmentVariables: { PROMPTFLOW_RUN_MODE: "serving" },
        },
      },
    ],
  ]);
});

test("a deployment's log and its removal", async () => {
  const requests = await asked(
    async ({ deployments }) => {
      await deployments.readLog(place, "InferenceServer");
      await deployments.remove(place);
    },
    { [`POST ${DEPLOYMENT}/getLogs`]: { body: { content: "" } } },
  );

  expect(requests).toEqual([
    [`POST ${DEPLOYMENT}/getLogs?${STABLE}`, { containerType: "InferenceServer", tail: 200 }],
    [`DELETE ${DEPLOYMENT}?${STABLE}`, undefined],
  ]);
});

test.each([
  ["Key", "listKeys", { primaryKey: "secret" }],
  ["AMLToken", "token", { accessToken: "secret" }],
])("what lets callers in where %s does", async (authMode, action, secret) => {
  await using shop = await literalAzure([{ body: {} }]);
  const ask = { ...place, scoringUri: `${shop.url}/score`, inputs: { question: "a" } };
  const requests = await asked(({ scoring }) => scoring.ask(ask), {
    [`GET ${EP}`]: { body: { properties: { authMode } } },
    [`POST ${EP}/${action}`]: { body: secret },
  });

  expect(requests).toEqual([
    [`GET ${EP}?${STABLE}`, undefined],
    [`POST ${EP}/${action}?${STABLE}`, undefined],
  ]);
  expect(shop.seen).toMatchObject([
    {
      method: "POST",
      path: "/score",
      headers: { authorization: "Bearer secret", "azureml-model-deployment": "blue" },
      body: { question: "a" },
    },
  ]);
});
