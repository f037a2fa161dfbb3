import { expect, test } from "vitest";
import { type Answer, aBackend, accepted, aService, ok, untilEnd } from "./http-service.ts";

test("the result has status, content and the headers that are not the content's", async () => {
  await using service = await aService((_request, response) => {
    response.setHeader("etag", "e");
    response.setHeader("x-own", ["1", "2"]);
    response.writeHead(418, { "content-type": "text/plain; charset=latin1" });
    response.end(Buffer.from([0xe9]));
  });
  await using backend = aBackend({ url: service.url, enablePolling: false });
  const { output, id } = await untilEnd(backend);
  const { statusCode, content, headers } = JSON.parse(String(output));
  expect({ statusCode, content }).toEqual({ statusCode: 418, content: "é" });
  expect(headers).toMatchObject({ ETag: "e", "x-own": ["1", "2"], Connection: "close" });
  expect(Object.keys(headers)).not.toContain("content-type");
  const scheduled = backend.operations.history(id).find(({ EventType }) => EventType === 4);
  expect(scheduled).toMatchObject({ Name: "BuiltIn::HttpActivity", EventId: 0 });
});

test("method, headers and content arrive; content without a type is text/plain", async () => {
  await using service = await aService(ok);
  await using backend = aBackend({
    method: "PUT",
    url: `${service.url}/x?y=1`,
    body: { a: "é" },
    headers: { "x-own": "1" },
  });
  await untilEnd(backend);
  expect(service.seen).toMatchObject([
    {
      method: "PUT",
      path: "/x?y=1",
      body: '{"a":"é"}',
      headers: {
        "x-own": "1",
        "content-type": "text/plain",
        "content-length": "10",
        "user-agent": "Microsoft.Azure.WebJobs.Extensions.DurableTask/3.15.2.0",
      },
    },
  ]);
});

test("a 202 with a Location is asked after by GET, without content and functions key, until it is something else", async () => {
  await using service = await aService(
    (request, response) => {
      const location = `http://${request.headers.host}/status`;
      response.writeHead(202, { location, "retry-after": "7" }).end();
    },
    (request, response) => {
      const location = `http://${request.headers.host}/status`;
      response.writeHead(202, { location }).end();
    },
    ok,
  );
  await using backend = aBackend({
    method: "POST",
    url: `${service.url}/start`,
    body: "x",
    headers: { "X-Functions-Key": "k", "x-own": "1" },
  });
  const { id } = await backend.run("callsThenWorks");
  const timers = () => backend.operations.history(id).filter(({ EventType }) => EventType === 10);
  await backend.until(() => timers().length === 1);
  await backend.advance(6_999);
  expect(service.seen.length).toBe(1);
  await backend.advance(1);
  await backend.until(() => timers().length === 2);
  await backend.advance(29_999);
  expect(service.seen.length).toBe(2);
  await backend.advance(1);
  await backend.until(() => backend.instance(id).status !== "Running");
  expect(backend.instance(id)).toMatchObject({ output: '[200,"worked"]', nextTaskId: 6 });
  expect(service.seen.map(({ method, path, body }) => [method, path, body])).toEqual([
    ["POST", "/start", "x"],
    ["GET", "/status", ""],
    ["GET", "/status", ""],
  ]);
  const keys = service.seen.map(({ headers }) => [headers["x-functions-key"], headers["x-own"]]);
  expect(keys).toEqual([
    ["k", "1"],
    [undefined, "1"],
    [undefined, "1"],
  ]);
});

test("without polling, and without a Location, a 202 is the result", async () => {
  await using service = await aService(accepted({ location: "http://127.0.0.1/status" }));
  await using off = aBackend({ url: service.url, enablePolling: false });
  expect(JSON.parse(String((await untilEnd(off)).output)).statusCode).toBe(202);
  await using nowhere = await aService(accepted({}));
  await using on = aBackend({ url: nowhere.url });
  expect((await untilEnd(on, "callsThenWorks")).output).toBe('[202,"worked"]');
});

test.each([
  [{ location: "/status" }, "the Location '/status' of a 202 is not an absolute URL"],
  [
    { location: "http://127.0.0.1/", "retry-after": "Thu, 01 Jan 2026 00:00:00 GMT" },
    "the Retry-After 'Thu, 01 Jan 2026 00:00:00 GMT' of a 202 is not a number of seconds",
  ],
])("a 202 that Azure cannot follow hangs, and the log says why: %o", async (headers, problem) => {
  await using service = await aService(accepted(headers));
  await using backend = aBackend({ url: service.url });
  const { id } = await backend.run("calls", null, "i");
  await backend.until(() => backend.lines.length > 0);
  expect(backend.lines).toEqual([
    `warning: Instance i (calls) waits for ever for callHttp GET ${service.url}: ${problem}. Correct the service, or set enablePolling: false and ask again yourself.`,
  ]);
  expect(backend.instance(id).status).toBe("Running");
});

test("redirects are followed: a POST becomes a GET and loses its token, a 307 stays what it was", async () => {
  const to =
    (status: number): Answer =>
    (_request, response) =>
      response.writeHead(status, { location: "/next" }).end();
  await using service = await aService(to(307), to(302), ok);
  await using backend = aBackend({
    method: "POST",
    url: service.url,
    body: "x",
    headers: { authorization: "secret" },
  });
  expect(JSON.parse(String((await untilEnd(backend)).output)).content).toBe("fine");
  expect(
    service.seen.map(({ method, body, headers }) => [method, body, headers.authorization]),
  ).toEqual([
    ["POST", "x", "secret"],
    ["POST", "x", undefined],
    ["GET", "", undefined],
  ]);
});

test("a request that was under way is sent again after a restart, and a poll goes on", async () => {
  await using service = await aService(
    () => {},
    (request, response) => {
      const location = `http://${request.headers.host}/status`;
      response.writeHead(202, { location, "retry-after": "5" }).end();
    },
    ok,
  );
  const first = aBackend({ url: service.url });
  await first.run("calls", null, "i");
  await first.until(() => service.seen.length === 1);
  await first.close();
  const place = { folder: first.folder, clock: first.clock };
  const second = aBackend({ url: service.url }, place);
  await second.until(() => service.seen.length === 2);
  await second.until(() =>
    second.operations.history("i").some(({ EventType }) => EventType === 10),
  );
  await second.close();
  await using third = aBackend({ url: service.url }, place);
  await third.advance(5_000);
  await third.until(() => third.instance("i").status !== "Running");
  expect(third.instance("i").status).toBe("Completed");
  expect(service.seen.length).toBe(3);
});
