import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConnections } from "#emulators/azure-ml/connections/read-connections.ts";
import { type Azurite, startAzurite } from "./azurite.ts";
import { type Stand, startStand } from "./stand.ts";

const AZURE_OPEN_AI = `
$schema: https://azuremlschemas.azureedge.net/promptflow/latest/AzureOpenAIConnection.schema.json
name: main-model
type: azure_open_ai
api_key: \${env:MODEL_KEY}
api_base: https://model.example
api_type: azure
api_version: 2024-02-01-preview
`;
const CUSTOM = `
name: shop
type: custom
configs: { url: https://shop.example }
secrets: { password: "\${env:MODEL_KEY}-2" }
`;

let azurite: Azurite;
let folder: string;
let stand: Stand;
beforeAll(async () => {
  azurite = await startAzurite();
  folder = await mkdtemp(join(tmpdir(), "connections-"));
  await mkdir(join(folder, "good"));
  await writeFile(join(folder, "good/a.yml"), AZURE_OPEN_AI);
  await writeFile(join(folder, "good/b.yaml"), CUSTOM);
  await writeFile(join(folder, "good/README.md"), "not a connection");
  const connections = readConnections(join(folder, "good"), { MODEL_KEY: "secret" });
  stand = await startStand(azurite, { connections });
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
  await azurite[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test("the flow service blanks secrets, unless they are asked for", async () => {
  const { body } = await stand.flow("GET", "/Connections/main-model");
  expect(body).toMatchObject({
    connectionName: "main-model",
    connectionType: "AzureOpenAI",
    configs: {
      api_key: null,
      api_base: "https://model.example",
      api_type: "azure",
      api_version: "2024-02-01-preview",
    },
  });
  const open = await stand.flow("GET", "/Connections/main-model/listsecrets");
  expect(open.body.configs.api_key).toBe("secret");
  const custom = await stand.flow("GET", "/Connections/shop/listsecrets");
  expect(custom.body.customConfigs).toEqual({
    url: { configValueType: "String", value: "https://shop.example" },
    password: { configValueType: "Secret", value: "secret-2" },
  });
  expect((await stand.flow("GET", "/Connections")).body).toHaveLength(2);
  expect((await stand.flow("GET", "/Connections/other")).status).toBe(404);
});

test("ARM answers credentials to listsecrets alone", async () => {
  const { body } = await stand.arm("GET", "/connections");
  expect(body.value.map((one: { name: string }) => one.name)).toEqual(["main-model", "shop"]);
  expect(JSON.stringify(body)).not.toContain("secret");
  const open = await stand.arm("POST", "/connections/main-model/listsecrets");
  expect(open.body.properties).toMatchObject({
    authType: "ApiKey",
    category: "AzureOpenAI",
    target: "https://model.example",
    metadata: { ApiType: "azure", ApiVersion: "2024-02-01-preview" },
    credentials: { key: "secret" },
  });
  const custom = await stand.arm("POST", "/connections/shop/listsecrets");
  expect(custom.body.properties.credentials).toEqual({ keys: { password: "secret-2" } });
  expect((await stand.arm("POST", "/connections/other/listsecrets")).status).toBe(404);
});
