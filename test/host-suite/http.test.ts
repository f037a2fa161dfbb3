import { once } from "node:events";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { expect, test } from "vitest";
import { answerOf, HOST } from "./client.ts";

const get = (path: string, init?: RequestInit) => fetch(`${HOST}${path}`, init);

/** Sends what fetch would not send; without a body, only the headers. */
async function send(
  path: string,
  options: RequestOptions,
  body?: string,
): Promise<IncomingMessage> {
  const sent = request(`${HOST}${path}`, options);
  sent.flushHeaders();
  if (body !== undefined) sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return answer;
}

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

test("a header that comes twice is joined without a space", async () => {
  const answer = await send("/api/show/7", { headers: { "x-one": ["A", "B"] } }, "");
  const text = (await answer.setEncoding("utf8").toArray()).join("");
  expect(JSON.parse(text)).toMatchObject({ header: "A,B" });
});

test("the body of a GET is dropped", async () => {
  const answer = await send(
    "/api/show/7",
    { method: "GET", headers: { "content-length": 4 } },
    "lost",
  );
  const text = (await answer.setEncoding("utf8").toArray()).join("");
  expect(JSON.parse(text)).toMatchObject({ body: null });
});

test("a request that announces more than 100 MiB is an empty 500", async () => {
  const headers = { "content-length": 104_857_601 };
  const answer = await send("/api/show/7", { method: "POST", headers });
  expect([answer.statusCode, await answer.toArray()]).toEqual([500, []]);
  answer.socket.destroy();
});

test.each(["GET", "POST", "PUT", "HEAD"])("%s / is the home page", async (method) => {
  const response = await get("/", { method });
  expect(response.status).toBe(200);
  expect((await response.text()).length > 0).toBe(method !== "HEAD");
});

test.each(["/api/guarded", "/api/guarded?code=wrong", "/api/guardedMore", "/admin/functions"])(
  "nobody asks for a key at %s",
  async (path) => {
    expect((await get(path, { headers: { "x-functions-key": "wrong" } })).status).toBe(200);
  },
);

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
  ["GET", "/api/runtimex/y"],
  ["OPTIONS", "/api/show/7"],
])("%s %s is an empty 404", async (method, path) => {
  const response = await get(path, { method });
  expect([response.status, await response.text()]).toEqual([404, ""]);
});

test.each([
  { path: "nothing", status: 204, body: "", type: null },
  { path: "nil", status: 204, body: "", type: null },
  { path: "noContent", status: 204, body: "", type: null },
  { path: "text", status: 200, body: "x", type: "text/plain;charset=UTF-8" },
  { path: "bytes", status: 200, body: "abc", type: null },
  { path: "typedBytes", status: 200, body: "abc", type: "image/x-abc" },
  { path: "jsonNull", status: 200, body: "", type: null },
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
  expect(Object.keys(status as object)).toEqual([
    "id",
    "state",
    "version",
    "versionDetails",
    "platformVersion",
    "instanceId",
    "computerName",
    "processUptime",
    "functionAppContentEditingState",
    "extensionBundle",
  ]);
  expect((await get("/admin/host/ping")).status).toBe(200);
  const functions = (await (await get("/admin/functions")).json()) as { name: string }[];
  const names = functions.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["client", "show", "waits"]));
  expect(names).toEqual(names.toSorted());
  expect(Object.keys(functions[0] ?? {})).toEqual([
    "name",
    "script_root_path_href",
    "script_href",
    "config_href",
    "test_data_href",
    "href",
    "invoke_url_template",
    "language",
    "config",
    "files",
    "test_data",
    "isDisabled",
    "isDirect",
    "isProxy",
  ]);
  expect((await get("/admin/functions/none")).status).toBe(404);
  expect(await answerOf(await get("/admin/functions/show/status"))).toEqual([200, {}]);
  expect((await get("/admin/host/config")).status).toBe(200);
});

test.each([
  { name: "show", body: "{}", type: "application/json", status: 202 },
  { name: "same", body: '{"input": "x"}', type: "application/json", status: 202 },
  { name: "echo", body: '{"input": "x"}', type: "application/json; charset=utf-8", status: 202 },
  { name: "none", body: "{}", type: "application/json", status: 404 },
  { name: "echo", body: "x", type: "text/plain", status: 415 },
  { name: "echo", body: "{", type: "application/json", status: 400 },
])("a direct invocation of $name with $body as $type answers $status", async (one) => {
  const { name, body, type, status } = one;
  const init = { method: "POST", body, headers: { "content-type": type } };
  expect((await get(`/admin/functions/${name}`, init)).status).toBe(status);
});
