import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HostProcess, startHost } from "./host-process.ts";

let host: HostProcess;
beforeAll(async () => {
  host = await startHost({ env: { FIXTURE_FROM_ENVIRONMENT: "environment" } });
});
afterAll(() => host[Symbol.asyncDispose]());

test("a request arrives with its parameters, joined query values and headers", async () => {
  const response = await fetch(`${host.url}/API/Show/7/b%20c%2Fd?a=1&A=2&a=3&b=x`, {
    method: "POST",
    headers: { "x-one": "1" },
    body: "hello",
  });

  expect(response.status).toBe(201);
  expect(response.headers.get("x-kind")).toBe("shown");
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.json()).toEqual({
    method: "POST",
    url: `${host.url}/API/Show/7/b%20c%2Fd?a=1&A=2&a=3&b=x`,
    params: { id: "7", part: "b c%2Fd" },
    query: { a: "1,2,3", b: "x" },
    header: "1",
    body: "hello",
  });
});

test("a chunked upload arrives empty, and an absent optional parameter is no key", async () => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("lost"));
      controller.close();
    },
  });
  const init = { method: "POST", body, duplex: "half" } as RequestInit;
  const response = await fetch(`${host.url}/api/show/7/`, init);
  expect(await response.json()).toMatchObject({ params: { id: "7" }, body: null });
});

test.each([
  ["GET", "/api/none"],
  ["PUT", "/api/show/7"],
  ["HEAD", "/api/show/7"],
  ["GET", "/api/show/seven"],
  ["GET", "/api//show/7"],
  ["GET", "/api/administer"],
  ["GET", "/api/queued"],
])("%s %s is an empty 404", async (method, path) => {
  const response = await host.call(method, path);
  expect(response.status).toBe(404);
  expect(await response.text()).toBe("");
});

test.each([
  { path: "nothing", status: 204, body: "", type: null },
  { path: "noContent", status: 204, body: "", type: null },
  { path: "text", status: 200, body: "x", type: "text/plain;charset=UTF-8" },
  { path: "wrong", status: 500, body: "", type: null },
  { path: "boom", status: 500, body: "", type: null },
])("$path answers $status", async ({ path, status, body, type }) => {
  const response = await host.call("GET", `/api/${path}`);
  expect(response.status).toBe(status);
  expect(await response.text()).toBe(body);
  expect(response.headers.get("content-type")).toBe(type);
  expect(response.headers.get("content-length")).toBeNull();
});

test("a catch-all takes the rest of the path", async () => {
  const response = await host.call("GET", "/api/files/x/y%2Fz/w");
  expect(await response.json()).toEqual({ rest: "x/y%2Fz/w" });
});

test("the order of names decides between two routes, not the more literal one", async () => {
  const response = await host.call("GET", "/api/amb/fixed");
  expect(await response.text()).toBe("amb1");
});

test("a cookie is written as the host writes it", async () => {
  const response = await host.call("GET", "/api/cookies");
  expect(response.headers.get("set-cookie")).toBe("c=v; max-age=5; path=/; samesite=lax; httponly");
});

test("hooks run around an invocation and may change its handler and its outcome", async () => {
  const hooked = await host.call("GET", "/api/hooked");
  expect(await hooked.json()).toEqual({ before: true, handled: true });
  const rescued = await host.call("GET", "/api/rescued");
  expect(await rescued.text()).toBe("rescued");
});

test("the app sees the host's settings and has had its start hook", async () => {
  const response = await host.call("GET", "/api/settings");
  expect(await response.json()).toEqual({
    hostname: `localhost:${new URL(host.url).port}`,
    fromFile: null,
    fromEnvironment: "environment",
    started: "yes",
  });
});

test("every invocation ends in one line, and the app's own lines are there", async () => {
  await host.call("POST", "/api/logs", { secret: "hush" });
  expect(host.log()).toMatch(
    /info {2}\[logs\] said by the app\n.* info {2}logs Succeeded \d+ ms\n/,
  );
  expect(host.log()).not.toContain("not worth a line");
  expect(host.log()).not.toContain("hush");
});

test("a failure is in the log with where it came from", async () => {
  await host.call("GET", "/api/boom");
  expect(host.log()).toMatch(/ERROR boom Failed \d+ ms: Error: boom\n +at .*http-functions\.mjs/);
});

test("the front page lists functions, their URLs and what is wrong with them", async () => {
  const page = await (await host.call("GET", "/")).text();
  const { port } = new URL(host.url);
  expect(page).toContain(
    `httpTrigger [GET,POST] http://localhost:${port}/api/show/{id:int}/{part?}`,
  );
  expect(page).toMatch(/administer .*IN ERROR: The specified route conflicts/);
  expect(page).toMatch(/queued .*IN ERROR: the trigger serviceBusTrigger is not emulated/);
});

test("a request that announces more than 100 MiB gets an empty 500", async () => {
  const headers = { "content-length": 104_857_601 };
  const sent = request(`${host.url}/api/show/7`, { method: "POST", headers });
  sent.flushHeaders();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  expect(answer.statusCode).toBe(500);
  expect(await answer.toArray()).toEqual([]);
  sent.destroy();
});
