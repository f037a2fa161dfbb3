import { describe, expect, test } from "vitest";
import { createArm } from "#azure/deployment/arm.ts";
import { createEndpoints } from "#azure/deployment/endpoints.ts";
import { createAzureHttp } from "#azure/http.ts";
import { type Asked, credential, type LiteralAnswer, startLiteral } from "./literal-server.ts";

const workspace = { subscriptionId: "s", resourceGroup: "g", workspace: "w" };
const PATH =
  "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/qa";

const ENDPOINT = {
  id: PATH,
  name: "qa",
  type: "endpoints",
  location: "westeurope",
  kind: "Managed",
  sku: { name: "Default" },
  tags: { team: "a" },
  identity: {
    type: "UserAssigned",
    principalId: "p",
    userAssignedIdentities: { "/subscriptions/s/i": { principalId: "p", clientId: "c" } },
  },
  systemData: { createdAt: "2026-01-01T00:00:00Z" },
  properties: {
    authMode: "Key",
    provisioningState: "Succeeded",
    scoringUri: "https://qa.westeurope.inference.ml.azure.com/score",
    swaggerUri: "https://qa.westeurope.inference.ml.azure.com/swagger.json",
    traffic: { blue: 100, green: 0 },
    mirrorTraffic: { green: 10 },
    notKnownYet: { kept: true },
    properties: { "azureml.onlineendpointid": "1", own: "x" },
  },
};

const deployment = (name: string, createdAt: string, tags: Record<string, string> | null) => ({
  name,
  tags,
  systemData: { createdAt },
  properties: { provisioningState: "Succeeded" },
});
const OURS = { "flowgate.bundle": "sha256:1" };
const DEPLOYMENTS = {
  value: [
    deployment("green", "2026-02-02T00:00:00Z", OURS),
    deployment("red", "2026-01-03T00:00:00Z", null),
  ],
};

async function start(
  endpoint: unknown,
  answer: (asked: Asked, count: number) => LiteralAnswer | undefined = () => undefined,
) {
  const server = await startLiteral((asked, count) => {
    const own = answer(asked, count);
    if (own !== undefined) return own;
    if (asked.method === "PUT") return { status: 201, body: {} };
    if (asked.path === `${PATH}/deployments` && endpoint !== null) {
      const more = deployment("blue", "2026-01-02T00:00:00Z", OURS);
      const nextLink = `${server.url}/page2`;
      return { body: { value: [...DEPLOYMENTS.value, more].slice(0, 2), nextLink } };
    }
    if (asked.path === "/page2") {
      return { body: { value: [deployment("blue", "2026-01-02T00:00:00Z", OURS)] } };
    }
    return asked.path === PATH && endpoint !== null ? { body: endpoint } : undefined;
  });
  const arm = createArm({ http: createAzureHttp(credential), workspace, armEndpoint: server.url });
  const discover = async () => ({ location: "northeurope", flow: "", history: "", metric: "" });
  const endpoints = createEndpoints(arm, discover);
  const puts = () => server.asked.filter(({ method }) => method === "PUT");
  return { endpoints, puts, server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const FILE = {
  file: "endpoint.yaml",
  name: null,
  authMode: "Key",
  identity: { type: "SystemAssigned" },
  description: "d",
  tags: { team: "a" },
  properties: {},
  publicNetworkAccess: null,
  lineOfName: 1,
} as const;

describe("traffic", () => {
  test("is changed with everything else of the endpoint kept, also what we do not know", async () => {
    await using stand = await start({ ...ENDPOINT, etag: "W/1" });

    await stand.endpoints.setTraffic("qa", { blue: 90, red: 10 });

    expect(stand.puts()[0]?.body).toEqual({
      location: "westeurope",
      kind: "Managed",
      sku: { name: "Default" },
      tags: { team: "a" },
      identity: { type: "UserAssigned", userAssignedIdentities: { "/subscriptions/s/i": {} } },
      properties: {
        authMode: "Key",
        traffic: { blue: 90, red: 10 },
        mirrorTraffic: { green: 10 },
        notKnownYet: { kept: true },
        properties: { own: "x" },
      },
    });
    expect(stand.puts()[0]?.headers.get("if-match")).toBe("W/1");
  });

  test("takes a deployment out of the mirror that now serves", async () => {
    await using stand = await start(ENDPOINT);

    await stand.endpoints.setTraffic("qa", { blue: 90, green: 10 });

    expect(stand.puts()[0]?.body).toMatchObject({ properties: { mirrorTraffic: {} } });
    expect(stand.puts()[0]?.headers.has("if-match")).toBe(false);
  });

  test("is set also where it is read already: another change may not be read back yet", async () => {
    await using stand = await start(ENDPOINT);

    await stand.endpoints.setTraffic("qa", { blue: 100 });

    expect(stand.puts()[0]?.body).toMatchObject({ properties: { traffic: { blue: 100 } } });
  });

  test("goes back to nothing where nothing served", async () => {
    await using stand = await start(ENDPOINT);

    await stand.endpoints.setTraffic("qa", {});

    expect(stand.puts()[0]?.body).toMatchObject({ properties: { traffic: {} } });
  });

  test.each([409, 412])("waits its turn: a %i is AZURE_BUSY", async (status) => {
    await using stand = await start(ENDPOINT, ({ method }) =>
      method === "PUT"
        ? { status, body: { error: { code: "Conflict", message: "m" } } }
        : undefined,
    );

    await expect(stand.endpoints.setTraffic("qa", { red: 100 })).rejects.toMatchObject({
      code: "AZURE_BUSY",
      message: expect.stringContaining("Conflict: m"),
    });
  });

  test("of an endpoint that is gone is refused", async () => {
    await using stand = await start(null);

    await expect(stand.endpoints.setTraffic("qa", { blue: 100 })).rejects.toMatchObject({
      code: "DEPLOYMENT_FAILED",
    });
  });
});

describe("an endpoint", () => {
  test("is created where the workspace is, without traffic", async () => {
    await using stand = await start(null);

    await stand.endpoints.ensureStarted({ name: "qa", app: "qa", file: FILE });

    expect(stand.puts()[0]?.body).toEqual({
      location: "northeurope",
      kind: "Managed",
      tags: { team: "a", "flowgate.app": "qa" },
      identity: { type: "SystemAssigned" },
      properties: { authMode: "Key", description: "d", properties: {}, traffic: {} },
    });
  });

  test("whose read is a 404 while it has deployments is not created over: its traffic would go", async () => {
    await using stand = await start(ENDPOINT, ({ method, path }) =>
      method === "GET" && path.endsWith("/onlineEndpoints/qa")
        ? { status: 404, body: {} }
        : undefined,
    );

    const request = { name: "qa", app: "qa", file: FILE };
    await expect(stand.endpoints.ensureStarted(request)).rejects.toMatchObject({
      code: "AZURE_BUSY",
      message: expect.stringContaining("but the endpoint qa is there"),
    });
    expect(stand.puts()).toEqual([]);
  });

  test("whose deployments are a 404 is not one without deployments", async () => {
    await using stand = await start(ENDPOINT, ({ path }) =>
      path.endsWith("/deployments") ? { status: 404, body: {} } : undefined,
    );

    await expect(stand.endpoints.read("qa")).rejects.toMatchObject({ code: "AZURE_BUSY" });
  });

  test.each(["Succeeded", "Creating", "Updating"])("that is %s is left alone", async (state) => {
    const properties = { ...ENDPOINT.properties, provisioningState: state };
    await using stand = await start({ ...ENDPOINT, properties });

    await stand.endpoints.ensureStarted({ name: "qa", app: "qa", file: FILE });

    expect(stand.puts()).toEqual([]);
  });

  test("that failed is asked for again with what it had", async () => {
    const properties = { ...ENDPOINT.properties, provisioningState: "Failed" };
    await using stand = await start({ ...ENDPOINT, properties });

    await stand.endpoints.ensureStarted({ name: "qa", app: "qa", file: FILE });

    expect(stand.puts()[0]?.body).toMatchObject({
      tags: { team: "a" },
      properties: { traffic: { blue: 100, green: 0 }, notKnownYet: { kept: true } },
    });
  });

  test("that is being deleted is AZURE_BUSY", async () => {
    const properties = { ...ENDPOINT.properties, provisioningState: "Deleting" };
    await using stand = await start({ ...ENDPOINT, properties });
    const asking = stand.endpoints.ensureStarted({ name: "qa", app: "qa", file: FILE });

    await expect(asking).rejects.toMatchObject({ code: "AZURE_BUSY" });
  });

  test("tells its own deployments on every page, oldest first, and no traffic of 0", async () => {
    await using stand = await start(ENDPOINT);

    expect(await stand.endpoints.read("qa")).toEqual({
      state: "ready",
      message: "",
      scoringUri: "https://qa.westeurope.inference.ml.azure.com/score",
      principalId: "p",
      traffic: { blue: 100 },
      deployments: ["blue", "green"],
    });
  });

  test.each([
    { properties: { provisioningState: "Succeeded", scoringUri: null }, state: "pending" },
    { properties: { provisioningState: "Updating" }, state: "pending" },
    { properties: { provisioningState: "Deleting" }, state: "pending" },
    { properties: { provisioningState: "Failed" }, state: "failed" },
    { properties: { provisioningState: "Canceled" }, state: "failed" },
  ])("with $properties is $state", async ({ properties, state }) => {
    await using stand = await start({
      ...ENDPOINT,
      properties: { ...ENDPOINT.properties, ...properties },
    });

    expect((await stand.endpoints.read("qa")).state).toBe(state);
  });

  test("that failed says why, if its operation still knows", async () => {
    await using stand = await start(null, ({ path }) => {
      if (path === "/operation") {
        return { body: { status: "Failed", error: { code: "Quota", message: "no cores left" } } };
      }
      if (path !== PATH) return undefined;
      const operation = { AzureAsyncOperationUri: `${stand.server.url}/operation` };
      const properties = { provisioningState: "Failed", properties: operation };
      return { body: { ...ENDPOINT, properties } };
    });

    expect(await stand.endpoints.read("qa")).toMatchObject({
      state: "failed",
      message: "Quota: no cores left",
    });
  });

  test("whose list goes on elsewhere is not followed there with our token", async () => {
    await using stand = await start(ENDPOINT, ({ path }) =>
      path === `${PATH}/deployments`
        ? { body: { value: [], nextLink: "http://127.0.0.1:9/other" } }
        : undefined,
    );

    await expect(stand.endpoints.read("qa")).rejects.toMatchObject({ code: "AZURE_UNEXPECTED" });
  });

  test("that is not there is gone", async () => {
    await using stand = await start(null);

    expect(await stand.endpoints.read("qa")).toMatchObject({ state: "gone", traffic: {} });
  });
});

describe("what serves", () => {
  const served = (traffic: Record<string, number>) => ({
    ...ENDPOINT,
    properties: { ...ENDPOINT.properties, traffic },
  });

  test.each([
    { traffic: { blue: 100, green: 0 }, deployment: "blue", bundle: "sha256:1" },
    { traffic: { blue: 10, green: 90 }, deployment: "green", bundle: "sha256:1" },
    { traffic: { green: 50, blue: 50 }, deployment: "blue", bundle: "sha256:1" },
    { traffic: { red: 60, blue: 40 }, deployment: "red", bundle: null },
  ])("of $traffic is $deployment", async ({ traffic, deployment: name, bundle }) => {
    await using stand = await start(served(traffic));
    expect(await stand.endpoints.readServing("qa")).toEqual({
      state: "serving",
      deployment: name,
      bundle,
      variant: null,
    });
  });

  test("is nothing without traffic", async () => {
    await using stand = await start(served({ blue: 0 }));
    expect(await stand.endpoints.readServing("qa")).toEqual({ state: "idle" });
  });

  test("is nothing without an endpoint", async () => {
    await using stand = await start(null);
    expect(await stand.endpoints.readServing("qa")).toEqual({ state: "absent" });
  });

  test("is not to be taken from a 404 while there are deployments", async () => {
    await using stand = await start(ENDPOINT, ({ path }) =>
      path.endsWith("/onlineEndpoints/qa") ? { status: 404, body: {} } : undefined,
    );
    await expect(stand.endpoints.readServing("qa")).rejects.toMatchObject({ code: "AZURE_BUSY" });
  });

  test("is AZURE_BUSY while Azure does not list what has traffic", async () => {
    await using stand = await start(served({ mauve: 100 }));
    await expect(stand.endpoints.readServing("qa")).rejects.toMatchObject({
      code: "AZURE_BUSY",
      message: expect.stringContaining("mauve"),
    });
  });
});
