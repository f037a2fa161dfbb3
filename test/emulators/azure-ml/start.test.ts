import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAzureMl } from "#emulators/azure-ml/start-azure-ml.ts";
import { serve } from "#emulators/kit/serve.ts";
import { aFreePort } from "#kit/free-port.ts";
import { type Azurite, startAzurite } from "./azurite.ts";
import { createEchoEngine } from "./echo-engine.ts";

let azurite: Azurite;
let data: string;
beforeAll(async () => {
  azurite = await startAzurite();
  data = await mkdtemp(join(tmpdir(), "azure-ml-start-"));
});
afterAll(async () => {
  await azurite[Symbol.asyncDispose]();
  await rm(data, { recursive: true });
});

const options = (more = {}) => ({
  data,
  storage: azurite.connectionString,
  engine: createEchoEngine(),
  ...more,
});

test("an unknown latency is refused", async () => {
  await expect(startAzureMl(options({ latency: "slow" }))).rejects.toThrow(
    '--latency is none, demo or real, not "slow".',
  );
});

test("the built-in engine needs a model", async () => {
  await expect(startAzureMl({ data, storage: azurite.connectionString })).rejects.toThrow(
    "The builtin engine needs the URL of a model.",
  );
});

test("a taken port is named", async () => {
  await using first = await startAzureMl(options());

  await expect(startAzureMl(options({ port: first.port }))).rejects.toThrow(
    `Port ${first.port} on 127.0.0.1 is taken.`,
  );
});

test("a taken port for TLS is named, and the plain one is free again", async () => {
  await using taken = await serve(() => new Response());
  const port = await aFreePort();

  await expect(startAzureMl(options({ port, tls: taken.port }))).rejects.toThrow(
    `Port ${taken.port} on 127.0.0.1 is taken. Stop what listens there, or name another with --tls.`,
  );
  await using again = await startAzureMl(options({ port }));
  expect(again.port).toBe(port);
});

test("the workspace can have other names, and its id follows from them", async () => {
  const names = { subscription: "s1", resourceGroup: "rg1", workspace: "prod" };
  await using emulator = await startAzureMl(options(names));
  const issued = await fetch(`${emulator.url}/_emulator/token`, {
    method: "POST",
    body: JSON.stringify({ audience: "https://management.azure.com" }),
  });
  const { token } = (await issued.json()) as { token: string };
  const path =
    "/subscriptions/s1/resourceGroups/rg1/providers/Microsoft.MachineLearningServices/workspaces/prod";

  const response = await fetch(`${emulator.url}${path}?api-version=2022-10-01`, {
    headers: { authorization: `Bearer ${token}` },
  });

  expect(await response.json()).toMatchObject({ id: path, name: "prod" });
});
