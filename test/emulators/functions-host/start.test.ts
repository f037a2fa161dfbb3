import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { prepareEnvironment, resolveSettings } from "#emulators/functions-host/app-settings.ts";
import { readHostJson } from "#emulators/functions-host/host-json.ts";
import { FIXTURE_APP, startHost } from "./host-process.ts";

/** A folder with these files, gone at the end of the test. */
async function aFolder(files: Readonly<Record<string, string>>) {
  const path = await mkdtemp(join(tmpdir(), "app-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

const hostJson = '{"version": "2.0"}';
const manifest = '{"type": "module", "main": "main.mjs"}';

test.each([
  { files: {}, message: "host.json is missing. A function app needs one" },
  { files: { "host.json": "{" }, message: "host.json is not JSON" },
  {
    files: {
      "host.json": '{"extensions": {"durableTask": {"versionMatchStrategy": "Sometimes"}}}',
    },
    message:
      'extensions.durableTask.versionMatchStrategy is "Sometimes", expected one of None, Strict, CurrentOrOlder.',
  },
  {
    files: { "host.json": hostJson, "package.json": manifest },
    message: 'package.json matches no file. Build the app first, or correct "main".',
  },
  {
    files: {
      "host.json": hostJson,
      "package.json": manifest,
      "main.mjs": "throw new Error('no!')",
    },
    message: 'Worker was unable to load entry point "main.mjs": no!',
  },
  {
    files: { "host.json": hostJson, "package.json": manifest, "local.settings.json": "{" },
    message: "local.settings.json is not JSON",
  },
])("a host that cannot start says: $message", async ({ files, message }) => {
  await using app = await aFolder(files);
  await expect(startHost({ app: app.path })).rejects.toThrow(message);
});

test("without a limit in host.json ten activities a core run at once", async () => {
  await using app = await aFolder({ "host.json": hostJson });
  expect(readHostJson(app.path).durable.maxConcurrentActivities).toBe(10 * availableParallelism());
});

test.each([
  {
    rule: "two names that differ only in case",
    code: "for (const name of ['One', 'one']) register({ name, bindings: { t: { type: 'httpTrigger', direction: 'in' } } })",
    message: "The functions 'One' and 'one' differ only in case",
  },
  {
    rule: "one name twice",
    code: "for (const name of ['one', 'one']) register({ name, bindings: { t: { type: 'httpTrigger', direction: 'in' } } })",
    message: "A function with id 'one' has already been registered.",
  },
  {
    rule: "no trigger",
    code: "register({ name: 'one', bindings: {} })",
    message: "Function 'one' has no trigger.",
  },
  {
    rule: "an unknown hook",
    code: "core.registerHook('appPause', () => {})",
    message: 'Unrecognized hook "appPause".',
  },
])("a host with $rule does not start", async ({ code, message }) => {
  // The core as a bundle asks for it: through a require made by createRequire.
  const main = `import { createRequire } from "node:module";
    const core = createRequire(import.meta.url)("@azure/functions-core");
    const register = (metadata) => core.registerFunction(metadata, () => {});
    ${code};`;
  await using app = await aFolder({
    "host.json": hostJson,
    "package.json": manifest,
    "main.mjs": main,
  });
  await expect(startHost({ app: app.path })).rejects.toThrow(message);
});

test("an app of CommonJS files registers too", async () => {
  await using app = await aFolder({
    "host.json": '{"extensions": {"http": {"routePrefix": ""}}}',
    "package.json": '{"main": "*.js"}',
    "main.js": `const core = require("@azure/functions-core");
      core.registerFunction({ name: "one", bindings: { t: { type: "httpTrigger", direction: "in" } } }, () => {});`,
  });
  await using host = await startHost({ app: app.path });
  expect(await (await host.call("GET", "/")).text()).toContain(`/one`);
});

test("an app that registers nothing runs, and the log says so loudly", async () => {
  await using app = await aFolder({
    "host.json": hostJson,
    "package.json": manifest,
    "main.mjs": "",
  });
  await using host = await startHost({ app: app.path });
  expect(host.log()).toContain("ERROR NO FUNCTIONS: main.mjs registered no function.");
  expect((await host.call("GET", "/api/any")).status).toBe(404);
});

test.each([
  { what: "throws", code: "throw new Error('no!')", words: "unable to load entry point" },
  { what: "is no JavaScript", code: "const", words: "SyntaxError" },
])("an entry point that $what leaves a person's host running without functions", async (one) => {
  const registers = `import { createRequire } from "node:module";
    createRequire(import.meta.url)("@azure/functions-core").registerFunction(
      { name: "lost", bindings: { t: { type: "httpTrigger", direction: "in" } } }, () => {});`;
  await using app = await aFolder({
    "host.json": hostJson,
    "package.json": '{"type": "module", "main": "{good,main}.mjs"}',
    "good.mjs": registers,
    "main.mjs": one.code,
  });
  await using host = await startHost({ app: app.path, supervised: false });
  expect(host.log()).toContain("ERROR NO FUNCTIONS: Worker was unable to load entry point");
  expect(host.log()).toContain(one.words);
  const status = await (await host.call("GET", "/admin/host/status")).json();
  expect(status).toMatchObject({ state: "Running" });
  expect(await (await host.call("GET", "/admin/functions")).json()).toEqual([]);
  expect((await host.call("GET", "/api/lost")).status).toBe(404);
});

test("the storage of the command line fills AzureWebJobsStorage only where it is unset", async () => {
  await using app = await aFolder({
    "host.json": hostJson,
    "package.json": manifest,
    "main.mjs": "console.log('storage:', process.env.AzureWebJobsStorage)",
  });
  const args = ["--storage", "UseDevelopmentStorage=true"];
  await using unset = await startHost({ app: app.path, args, env: { AzureWebJobsStorage: "" } });
  expect(unset.log()).toContain("storage: UseDevelopmentStorage=true\n");
  await using set = await startHost({ app: app.path, args, env: { AzureWebJobsStorage: "own" } });
  expect(set.log()).toContain("storage: own\n");
});

test("a taken port is named", async () => {
  await using first = await startHost();
  const port = Number(new URL(first.url).port);
  await expect(startHost({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken.`);
});

test("another host name than a loopback one is refused", async () => {
  await using host = await startHost({ app: FIXTURE_APP });
  const { request } = await import("node:http");
  const status = await new Promise((resolve) => {
    const headers = { host: "example.com" };
    request(host.url, { headers }, ({ statusCode }) => resolve(statusCode)).end();
  });
  expect(status).toBe(403);
});

test("local.settings.json fills only what the environment lacks", async () => {
  await using app = await aFolder({
    "local.settings.json": '{"Values": {"ONE": "file", "TWO": "file", "N": 3}}',
  });
  const environment: Record<string, string | undefined> = { ONE: "own", NO_PROXY: "a,localhost" };
  prepareEnvironment(environment, app.path, 7071);
  expect(environment).toMatchObject({
    ONE: "own",
    TWO: "file",
    N: "3",
    WEBSITE_HOSTNAME: "localhost:7071",
    FUNCTIONS_WORKER_RUNTIME: "node",
    AZURE_FUNCTIONS_ENVIRONMENT: "Development",
    NO_PROXY: "a,localhost,127.0.0.1,::1",
    no_proxy: "127.0.0.1,localhost,::1",
  });
});

test("a setting between percent signs takes its value, one that is not set stays", () => {
  expect(resolveSettings("%A%/x/%B%", { A: "a" })).toBe("a/x/%B%");
});
