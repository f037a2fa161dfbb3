import { afterAll, beforeAll, expect, test } from "vitest";
import { type HostProcess, startHost } from "./host-process.ts";

let host: HostProcess;
beforeAll(async () => {
  host = await startHost();
});
afterAll(() => host[Symbol.asyncDispose]());

const json = async (path: string) => (await host.call("GET", path)).json();

test("the host says that it runs, and with which host.json", async () => {
  expect(await json("/admin/host/status")).toMatchObject({
    state: "Running",
    version: "4.1037.0.0",
    functionAppContentEditingState: "Unknown",
  });
  expect(await json("/admin/host/config")).toMatchObject({
    extensions: { durableTask: { hubName: "fixture" } },
  });
  for (const method of ["GET", "POST"]) {
    expect((await host.call(method, "/admin/host/ping")).status).toBe(200);
  }
});

test("functions are listed in order of name, each with its bindings and its file", async () => {
  const functions = (await json("/admin/functions")) as { readonly name: string }[];
  const names = functions.map(({ name }) => name);
  expect(names).toContain("show");
  expect(names).toEqual(names.toSorted());
  const { port } = new URL(host.url);
  expect(await json("/admin/functions/SHOW")).toMatchObject({
    name: "show",
    href: `http://localhost:${port}/admin/functions/show`,
    invoke_url_template: `http://localhost:${port}/api/show/{id:int}/{part?}`,
    language: "node",
    config: {
      scriptFile: "http-functions.mjs",
      bindings: [{ type: "httpTrigger", direction: "in" }, { type: "http" }],
    },
    isDisabled: false,
  });
  expect(await json("/admin/functions/show/status")).toEqual({});
});

test.each([
  ["GET", "/admin/functions/none"],
  ["GET", "/admin/functions/show/other"],
  ["GET", "/admin/host/none"],
  ["GET", "/admin/other"],
  ["DELETE", "/admin/functions/show"],
])("%s %s is a 404", async (method, path) => {
  expect((await host.call(method, path)).status).toBe(404);
});

const invoke = (name: string, body: string | undefined, type = "application/json") =>
  fetch(`${host.url}/admin/functions/${name}`, {
    method: "POST",
    ...(body === undefined ? {} : { body, headers: { "content-type": type } }),
  });

test("a direct invocation takes a known function and JSON", async () => {
  expect((await invoke("never-heard-of", "{}")).status).toBe(404);
  expect((await invoke("atStart", undefined)).status).toBe(415);
  expect((await invoke("atStart", '{"input": ""}', "text/plain")).status).toBe(415);
  expect((await invoke("atStart", "{")).status).toBe(400);
});

test("a timer, an activity and an Event Grid function run when invoked directly", async () => {
  const event = JSON.stringify({ id: "direct", subject: "good", data: { n: 1 } });
  for (const [name, input] of [
    ["atStart", ""],
    ["echo", "x"],
    ["onEvent", event],
  ]) {
    expect((await invoke(String(name), JSON.stringify({ input }))).status).toBe(202);
  }
  await host.logged("echo Succeeded");
  await host.logged("onEvent Succeeded");
  const seen = await host.until(async () => {
    const all = (await json("/api/seen")) as readonly { readonly timer?: unknown }[];
    return all.filter(({ timer }) => timer).length === 2 ? all : undefined;
  });
  expect(seen).toContainEqual({ id: "direct", subject: "good", data: { n: 1 } });
});

test.each([
  { name: "show", words: "An HttpRequest is required." },
  { name: "double", words: "Durable orchestrator functions do not support direct invocation." },
  { name: "onEvent", words: "is not valid JSON" },
  { name: "onBlob", words: '"here" is no blob. Give it as "container/name".' },
])("what cannot come of invoking $name directly stands in the log", async ({ name, words }) => {
  expect((await invoke(name, '{"input": "here"}')).status).toBe(202);
  await host.logged(`${name} could not be invoked directly: `);
  expect(host.log()).toContain(words);
});
