import { expect, test } from "vitest";
import { createDefaultDatastore } from "#azure/datastore.ts";
import { createDiscovery } from "#azure/workspace.ts";
import {
  literalAzure,
  machineLearning,
  type Reply,
  WORKSPACE_PATH,
  workspace,
} from "./literal-azure.ts";

function aWorkspace(kind: string, discoveryUrl: string): Reply {
  const properties = { discoveryUrl, workspaceId: "w" };
  return { body: { id: WORKSPACE_PATH, name: "ws", kind, location: "westeurope", properties } };
}

test.each([
  "https://westeurope.api.azureml.ms/discovery",
  "https://westeurope.api.azureml.ms/discovery/workspaces/0000",
])("services are cut from %s", async (discoveryUrl) => {
  await using azure = await literalAzure([aWorkspace("Default", discoveryUrl)]);

  expect(await createDiscovery(machineLearning(azure), workspace)()).toEqual({
    location: "westeurope",
    flow: `https://westeurope.api.azureml.ms/flow/api${WORKSPACE_PATH}`,
    history: `https://westeurope.api.azureml.ms/history/v1.0${WORKSPACE_PATH}`,
    metric: `https://westeurope.api.azureml.ms/metric/v2.0${WORKSPACE_PATH}`,
  });
});

test("a hub is refused before anything is uploaded", async () => {
  await using azure = await literalAzure([aWorkspace("Hub", "https://x/discovery")]);
  await expect(createDiscovery(machineLearning(azure), workspace)()).rejects.toMatchObject({
    code: "AZURE_REFUSED",
    message: "Workspace ws is a hub, which runs no flows; name one of its projects.",
  });
});

test("a discovery that failed is tried again at the next need", async () => {
  const refused = { status: 403, body: { error: { code: "AuthorizationFailed", message: "No." } } };
  await using azure = await literalAzure([refused, aWorkspace("Default", "https://x/discovery")]);
  const discover = createDiscovery(machineLearning(azure), workspace);

  await expect(discover()).rejects.toMatchObject({
    code: "AZURE_REFUSED",
    message: expect.stringContaining(
      "Azure answered 403 to GET workspace ws: AuthorizationFailed: No.",
    ),
  });
  expect((await discover()).location).toBe("westeurope");
});

test.each([
  [{ status: 429 }, "AZURE_BUSY", 3],
  [{ status: 503 }, "AZURE_BUSY", 3],
  ["reset", "AZURE_BUSY", 3],
  [{ status: 401 }, "AZURE_REFUSED", 1],
  [{ status: 429, headers: { "retry-after": "60" } }, "AZURE_BUSY", 1],
  [{ body: "<html>" }, "AZURE_UNEXPECTED", 1],
  [{ body: { properties: { discoveryUrl: "nowhere" } } }, "AZURE_UNEXPECTED", 1],
] as const)("the SDK's calls fail like our own: %o is %s", async (reply, code, calls) => {
  await using azure = await literalAzure([reply]);

  await expect(createDiscovery(machineLearning(azure), workspace)()).rejects.toMatchObject({
    code,
    message: expect.stringContaining("GET workspace ws"),
  });
  expect(azure.seen).toHaveLength(calls);
});

interface Store {
  readonly endpoint?: string;
  readonly credentialsType?: string;
  readonly secrets?: unknown;
}

/** A default datastore as a test describes it. */
function datastoreAt({
  endpoint = "core.windows.net",
  credentialsType = "AccountKey",
  secrets,
}: Store) {
  const properties = {
    datastoreType: "AzureBlob",
    accountName: "acc",
    containerName: "box",
    endpoint,
    protocol: endpoint === "core.windows.net" ? "https" : "http",
    credentials: { credentialsType },
  };
  return literalAzure(({ path }) =>
    path.includes("listSecrets")
      ? { body: secrets }
      : { body: { value: [{ name: "workspaceblobstore", properties }] } },
  );
}

test.each([
  [
    { secrets: { secretsType: "AccountKey", key: "a2V5" } },
    {
      url: "https://acc.blob.core.windows.net",
      access: { kind: "key", account: "acc", key: "a2V5" },
    },
  ],
  [
    { secrets: { secretsType: "Sas", sasToken: "?sv=1" }, credentialsType: "Sas" },
    { url: "https://acc.blob.core.windows.net", access: { kind: "sas", token: "sv=1" } },
  ],
  [
    { credentialsType: "None" },
    { url: "https://acc.blob.core.windows.net", access: { kind: "identity" } },
  ],
  [
    { endpoint: "127.0.0.1:10000", credentialsType: "None" },
    { url: "http://127.0.0.1:10000/acc", access: { kind: "identity" } },
  ],
])("the default datastore is found and opened: %j", async (store, expected) => {
  await using azure = await datastoreAt(store);
  const found = await createDefaultDatastore(machineLearning(azure), workspace)();

  expect(found).toEqual({ name: "workspaceblobstore", container: "box", ...expected });
  expect(azure.seen[0]?.path).toContain("isDefault=true");
});

test("a secret of a kind that opens no blob is unexpected", async () => {
  await using azure = await datastoreAt({ secrets: { secretsType: "Certificate" } });
  await expect(createDefaultDatastore(machineLearning(azure), workspace)()).rejects.toMatchObject({
    code: "AZURE_UNEXPECTED",
    message: expect.stringContaining("POST listSecrets of datastore workspaceblobstore"),
  });
});

test("a workspace without a default datastore is refused", async () => {
  await using azure = await literalAzure([{ body: { value: [] } }]);
  await expect(createDefaultDatastore(machineLearning(azure), workspace)()).rejects.toMatchObject({
    code: "AZURE_REFUSED",
    message: expect.stringContaining("has no default datastore"),
  });
});
