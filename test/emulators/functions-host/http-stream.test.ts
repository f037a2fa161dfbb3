import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HostProcess, startHost } from "./host-process.ts";

let host: HostProcess;
beforeAll(async () => {
  host = await startHost({ app: join(import.meta.dirname, "streaming-app") });
});
afterAll(() => host[Symbol.asyncDispose]());

test("a download arrives while its function still writes", async () => {
  const response = await host.call("GET", "/api/download");
  expect(response.headers.get("content-type")).toBe("text/x-parts");
  expect(response.headers.get("x-hop")).toBeNull();
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(response.headers.get("x-ms-invocation-id")).toMatch(/^[0-9a-f-]{36}$/);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect(await reader?.read()).toEqual({ done: false, value: "first " });

  const opened = await host.call("GET", "/api/open");
  expect([opened.status, await opened.text()]).toEqual([204, ""]);
  expect(await reader?.read()).toEqual({ done: false, value: "last" });
  expect(await reader?.read()).toMatchObject({ done: true });
});

test("a function that fails while its answer is on its way is told of as such", async () => {
  const patience = new AbortController();
  const response = await fetch(`${host.url}/api/half`, { signal: patience.signal });
  const reader = response.body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("half");
  await host.call("GET", "/api/open");

  await host.logged("half failed while its answer was on its way: no more");
  expect(host.log()).not.toContain('half threw "no more"');
  patience.abort();
});

test("a chunked upload arrives whole, with parameters of the route and of the query", async () => {
  const body = new ReadableStream({
    start(controller) {
      for (const part of ["one ", "two"]) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
  const init = { method: "POST", body, duplex: "half" } as RequestInit;
  const response = await fetch(`${host.url}/api/upload/a%20b?q=1`, init);
  expect(response.status).toBe(201);
  expect(await response.json()).toEqual({
    id: "a b",
    q: "1",
    url: `${host.url}/api/upload/a%20b?q=1`,
    text: "one two",
  });
});

test("params also hold the members of a JSON body; the route's win", async () => {
  const body = { id: "body", n: 1, deep: { a: [2] }, none: null };
  const response = await host.call("POST", "/api/members/route?n=query&q=1", body);
  expect(await response.json()).toEqual({
    params: { id: "route", n: "1", q: "1" },
    body,
  });
});

test("an answer without a content type keeps none", async () => {
  const response = await host.call("GET", "/api/bytes");
  expect([await response.text(), response.headers.get("content-type")]).toEqual(["abc", null]);
});

test.each([
  {
    path: "throws",
    words: 'throws threw "boom"; with HTTP streaming on, its caller gets no answer',
  },
  { path: "nothing", words: "nothing returned nothing; with HTTP streaming on" },
])("the caller of $path waits until it gives up, and the log says why", async ({ path, words }) => {
  const patience = new AbortController();
  const call = fetch(`${host.url}/api/${path}`, { signal: patience.signal });
  await host.logged(words);
  patience.abort(new Error("gave up"));
  await expect(call).rejects.toThrow("gave up");
  expect((await host.call("GET", "/api/open")).status).toBe(204);
});
