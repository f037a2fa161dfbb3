import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TableServiceClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { expect, onTestFinished, test } from "vitest";
import { gone } from "#emulators/kit/processes.ts";
import { serve } from "#emulators/kit/serve.ts";
import { startStack } from "#emulators/stack/start-stack.ts";
import { aFreePort } from "#kit/free-port.ts";
import { aDataFolder, aStack, readStackFile } from "./sandbox.ts";

interface Seen {
  more: Record<string, string>;
  env: Record<string, string>;
  execArgv: readonly string[];
}

async function standIn(url: string): Promise<Seen> {
  return (await (await fetch(url)).json()) as Seen;
}

async function namesOf(items: AsyncIterable<{ name?: string | undefined }>): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of items) names.push(name ?? "");
  return names;
}

test("stack.json says where everything is, once containers and tables exist, and goes at the stop", async () => {
  const options = aStack();
  const stack = await startStack(options);
  const file = readStackFile(options.data);

  const blobs = BlobServiceClient.fromConnectionString(stack.storage);
  const tables = TableServiceClient.fromConnectionString(stack.storage, {
    allowInsecureConnection: true,
  });
  expect(await namesOf(blobs.listContainers())).toEqual(["bundles", "results", "test-data"]);
  expect(await namesOf(tables.listTables())).toEqual(["ledger", "pipelines"]);
  const url = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/);
  const account = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/devstoreaccount1$/);
  const pid = expect.any(Number);
  expect(file).toEqual({
    pid: process.pid,
    pids: { functions: pid, azurite: pid, azureMl: pid, eventGrid: pid, model: pid },
    startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    functions: url,
    blob: account,
    queue: account,
    table: account,
    azureMl: url,
    eventGrid: url,
    model: url,
    subscription: "00000000-0000-0000-0000-000000000001",
    resourceGroup: "flowgate",
    workspace: "local",
    topic: "flowgate",
  });

  await stack.stop();

  expect(existsSync(stack.stackFile)).toBe(false);
  expect(
    await gone(
      Object.values(file.pids).filter((id) => id !== null),
      0,
    ),
  ).toEqual([]);
  expect(readFileSync(join(options.data, "stopped.txt"), "utf8")).toBe("functions\nazureMl\n");
});

const { env: callers } = process;

test("the host gets the sample's settings with this stack's addresses, whatever the caller's environment says", async () => {
  const env = {
    ...callers,
    FLOWGATE_ARM_ENDPOINT: "https://management.azure.com",
    FLOWGATE_GITHUB_TOKEN: "mine",
    FLOWGATE_MODEL_KEY: "secret",
    NO_PROXY: "corp.example",
  };
  await using stack = await startStack(aStack({ env, latency: "none" }));

  const host = await standIn(stack.functions);
  const azureMl = await standIn(stack.azureMl);

  expect(host.env).toMatchObject({
    AzureWebJobsStorage: stack.storage,
    FLOWGATE_STORAGE: stack.storage,
    FLOWGATE_ARM_ENDPOINT: stack.azureMl,
    FLOWGATE_EVENT_GRID_ENDPOINT: `${stack.eventGrid}/topics/flowgate/api/events`,
    FLOWGATE_CREDENTIAL: "emulator",
    FLOWGATE_GITHUB_TOKEN: "mine",
    NO_PROXY: "corp.example,127.0.0.1,localhost,::1",
  });
  expect(host.env).not.toHaveProperty("FLOWGATE_MODEL_KEY");
  expect(host.execArgv).toEqual(["--max-semi-space-size=8", "--heap-growing-percent=30"]);
  expect(azureMl.execArgv).toEqual([]);
  expect(azureMl.env).toMatchObject({ FLOWGATE_MODEL_KEY: "secret" });
  expect(azureMl.more).toEqual({
    storage: stack.storage,
    model: stack.model,
    latency: "none",
    python: "python3",
    engine: "builtin",
    subscription: "00000000-0000-0000-0000-000000000001",
    "resource-group": "flowgate",
    workspace: "local",
  });
});

test("a port for TLS reaches Azure ML, and stack.json says how to trust it", async () => {
  const tls = await aFreePort();
  const options = aStack({ tls });
  await using stack = await startStack(options);

  expect((await standIn(stack.azureMl)).more).toMatchObject({ tls: String(tls) });
  const authority = join(options.data, "azure-ml/tls/ca.pem");
  expect(stack.tls).toEqual({ url: `https://localhost:${tls}`, authority });
  expect(readStackFile(options.data).tls).toEqual(stack.tls);
});

test("a part that dies is started again on the same port, and stack.json follows", async () => {
  const warnings: string[] = [];
  const again = Promise.withResolvers<void>();
  const warn = (message: string) => {
    warnings.push(message);
    if (message.includes("runs again")) again.resolve();
  };
  const options = aStack({ warn });
  await using stack = await startStack(options);
  const before = stack.pids().functions ?? 0;

  process.kill(before, "SIGKILL");
  await again.promise;

  const after = stack.pids().functions;
  expect(after).not.toBe(before);
  expect(readStackFile(options.data).pids.functions).toBe(after);
  expect(await standIn(stack.functions)).toMatchObject({ more: { app: options.app } });
  expect(warnings).toEqual([
    `The Functions host (pid ${before}) ended with SIGKILL; it is started again.`,
    `The Functions host runs again (pid ${after}).`,
  ]);
});

test("containers are there again after Azurite died before it wrote its index", async () => {
  const again = Promise.withResolvers<void>();
  const warn = (message: string) => void (message.startsWith("Azurite runs") && again.resolve());
  await using stack = await startStack(aStack({ warn }));

  process.kill(stack.pids().azurite ?? 0, "SIGKILL");
  await again.promise;

  const blobs = BlobServiceClient.fromConnectionString(stack.storage);
  expect(await namesOf(blobs.listContainers())).toEqual(["bundles", "results", "test-data"]);
});

test("when the supervisor is killed its parts stop in order within 2 s, and the next stack goes on", async () => {
  const data = aDataFolder();
  const supervisor = fork(join(import.meta.dirname, "supervisor.ts"), [data], { execArgv: [] });
  onTestFinished(() => void supervisor.kill("SIGKILL"));
  await once(supervisor, "message");
  const { pids } = readStackFile(data);

  supervisor.kill("SIGKILL");

  expect(
    await gone(
      Object.values(pids).filter((id) => id !== null),
      2_000,
    ),
  ).toEqual([]);
  expect(existsSync(join(data, "stack.json"))).toBe(false);
  expect(readFileSync(join(data, "stopped.txt"), "utf8")).toBe("functions\nazureMl\n");
  await using next = await startStack(aStack({ data }));
  expect(existsSync(next.stackFile)).toBe(true);
});

test("what is on this machine is reached without the proxy that the environment names", async () => {
  const nobody = "http://127.0.0.1:9";
  const env = {
    PATH: callers["PATH"],
    HTTP_PROXY: nobody,
    HTTPS_PROXY: nobody,
    http_proxy: nobody,
  };
  const script = join(import.meta.dirname, "supervisor.ts");
  const supervisor = fork(script, [aDataFolder()], { execArgv: [], env });
  onTestFinished(() => void supervisor.kill("SIGKILL"));

  expect(await once(supervisor, "message")).toContain("ready");
});

test("a part that was started again has its place in that order too", async () => {
  const data = aDataFolder();
  const supervisor = fork(join(import.meta.dirname, "supervisor.ts"), [data], { execArgv: [] });
  onTestFinished(() => void supervisor.kill("SIGKILL"));
  await once(supervisor, "message");
  const again = new Promise<void>((resolve) => {
    supervisor.on("message", (said) => String(said).startsWith("Azurite runs") && resolve());
  });
  process.kill(readStackFile(data).pids.azurite ?? 0, "SIGKILL");
  await again;
  const pids = Object.values(readStackFile(data).pids).filter((id) => id !== null);

  supervisor.kill("SIGKILL");

  expect(await gone(pids, 2_000)).toEqual([]);
  expect(existsSync(join(data, "stack.json"))).toBe(false);
});

test("without the Functions host its port stays free for another one", async () => {
  await using stack = await startStack(aStack({ functions: false }));
  const port = Number(new URL(stack.functions).port);

  expect(stack.pids().functions).toBeNull();
  await using func = await serve(() => new Response("func"), port);
  expect(func.url).toBe(stack.functions);
});
