import { availableParallelism } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readHostJson } from "#emulators/functions-host/host-json.ts";
import { aFolder } from "./a-folder.ts";
import { FIXTURE_APP, startHost } from "./host-process.ts";

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
  {
    files: {
      "host.json": hostJson,
      "package.json": manifest,
      "main.mjs": "import 'no-such-package'",
    },
    message:
      /Cannot find package 'no-such-package' .*\. Run "npm install" in \S+, or build the app/,
  },
])("a host that cannot start says: $message", async ({ files, message }) => {
  await using app = await aFolder(files);
  await expect(startHost({ app: app.path })).rejects.toThrow(message);
});

test("without a limit in host.json ten activities a core run at once", async () => {
  await using app = await aFolder({ "host.json": hostJson });
  expect(readHostJson(app.path).durable.maxConcurrentActivities).toBe(10 * availableParallelism());
});

test("a folder that is not there, and one that cannot be made, are named with their option", async () => {
  await using folder = await aFolder({ file: "", "host.json": hostJson });
  const file = join(folder.path, "file");
  await expect(startHost({ app: file })).rejects.toThrow(
    `${file} is no folder. Name the one of a function app with --app.`,
  );
  await expect(startHost({ app: folder.path, data: file })).rejects.toThrow(
    /The folder \S+ cannot be made: ENOTDIR.* Name another with --data\./,
  );
});

test("an app without a package.json runs without functions, and the log names the file", async () => {
  await using app = await aFolder({ "host.json": hostJson });
  await using host = await startHost({ app: app.path });
  expect(host.log()).toContain(`${join(app.path, "package.json")} is missing`);
  expect(host.log()).toContain('names no "main". Every request will be answered with 404.');
});

test.each([
  { type: "module", name: "one.cjs" },
  { type: "commonjs", name: "one.mjs" },
  { type: "module", name: "one.js" },
])("in a package of type $type the file $name is loaded by its own kind", async (one) => {
  const { type, name } = one;
  const isModule = !name.endsWith(".cjs");
  const load = isModule
    ? 'import { createRequire } from "node:module"; const core = createRequire(import.meta.url)("@azure/functions-core");'
    : 'const core = require("@azure/functions-core");';
  await using app = await aFolder({
    "host.json": hostJson,
    "package.json": JSON.stringify({ type, main: name }),
    [name]: `${load} core.registerFunction({ name: "one", bindings: { t: { type: "httpTrigger", direction: "in" } } }, () => {});`,
  });
  await using host = await startHost({ app: app.path });
  expect(await (await host.call("GET", "/")).text()).toContain("/api/one");
});

test.each(["true", "1"])(
  "a function that a setting disables with %s is not there",
  async (value) => {
    const env = { "AzureWebJobs.text.Disabled": value };
    await using host = await startHost({ env });
    expect((await host.call("GET", "/api/text")).status).toBe(404);
    const listed = (await (await host.call("GET", "/admin/functions/text")).json()) as object;
    expect(listed).toMatchObject({ isDisabled: true });
  },
);

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
  await expect(startHost({ port })).rejects.toThrow(
    `Port ${port} on 127.0.0.1 is taken. Stop what listens there, or name another with --port.`,
  );
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
