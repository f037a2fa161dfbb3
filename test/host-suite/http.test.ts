import { expect, test } from "vitest";
import { HOST } from "./client.ts";

const get = (path: string, init?: RequestInit) => fetch(`${HOST}${path}`, init);

test("a request arrives with parameters, joined query values and its body; case and a last slash do not matter", async () => {
  const response = await get("/API/Show/7/b%20c%2Fd?x=1&x=2&X=3&y=z", {
    method: "POST",
    headers: { "x-one": "1" },
    body: "hello",
  });
  expect(response.status).toBe(201);
  expect(response.headers.get("x-kind")).toBe("shown");
  expect(await response.json()).toEqual({
    params: { id: "7", part: "b c%2Fd" },
    query: { x: "1,2,3", y: "z" },
    header: "1",
    body: "hello",
  });
  expect(await (await get("/api/show/7/")).json()).toMatchObject({ params: { id: "7" } });
});

test("a chunked upload arrives empty", async () => {
  const body = new Blob(["lost"]).stream();
  const init = { method: "POST", body, duplex: "half" } as RequestInit;
  expect(await (await get("/api/show/7", init)).json()).toMatchObject({ body: null });
});

test.each([
  ["GET", "/api/none"],
  ["PUT", "/api/show/7"],
  ["HEAD", "/api/show/7"],
  ["GET", "/api/show/seven"],
  ["GET", "/api//show/7"],
  ["GET", "/api/administer"],
])("%s %s is an empty 404", async (method, path) => {
  const response = await get(path, { method });
  expect([response.status, await response.text()]).toEqual([404, ""]);
});

test.each([
  { path: "nothing", status: 204, body: "", type: null },
  { path: "nil", status: 204, body: "", type: null },
  { path: "noContent", status: 204, body: "", type: null },
  { path: "text", status: 200, body: "x", type: "text/plain;charset=UTF-8" },
  { path: "bareText", status: 500, body: "", type: null },
  { path: "bareNumber", status: 500, body: "", type: null },
  { path: "breaks", status: 500, body: "", type: null },
])("$path answers $status", async ({ path, status, body, type }) => {
  const response = await get(`/api/${path}`);
  expect([response.status, await response.text()]).toEqual([status, body]);
  expect(response.headers.get("content-type")).toBe(type);
});

test("a body has no length in advance", async () => {
  expect((await get("/api/text")).headers.get("content-length")).toBeNull();
});

test("a catch-all keeps an encoded slash", async () => {
  expect(await (await get("/api/files/x/y%2Fz/w")).json()).toEqual({ rest: "x/y%2Fz/w" });
});

test("the order of names decides between two routes; one route may serve two methods", async () => {
  expect(await (await get("/api/either/fixed")).text()).toBe("first by name");
  expect(await (await get("/api/one")).text()).toBe("get");
  expect(await (await get("/api/one", { method: "POST" })).text()).toBe("post");
});

test("a cookie's attributes are in lower case", async () => {
  const { headers } = await get("/api/cookie");
  expect(headers.get("set-cookie")).toBe("c=v; max-age=5; path=/; samesite=lax; httponly");
});

test("the host says that it runs, and what", async () => {
  const status = await (await get("/admin/host/status")).json();
  expect(status).toMatchObject({ state: "Running", version: expect.stringMatching(/^4\./) });
  expect((await get("/admin/host/ping")).status).toBe(200);
  const functions = (await (await get("/admin/functions")).json()) as { name: string }[];
  const names = functions.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["client", "show", "waits"]));
  expect((await get("/admin/functions/none")).status).toBe(404);
});
