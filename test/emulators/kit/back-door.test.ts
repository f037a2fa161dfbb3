import { expect, test } from "vitest";
import { BackDoor } from "#emulators/kit/back-door.ts";
import { ManualClock } from "#emulators/kit/clock.ts";
import { type Emulator, serve } from "#emulators/kit/serve.ts";

async function startSurface(clock = new ManualClock()) {
  const backDoor = new BackDoor(clock);
  const served: string[] = [];
  const emulator = await serve(
    backDoor.guard((request) => {
      served.push(new URL(request.url).pathname);
      return new Response("real", { status: 201 });
    }),
  );
  return { ...emulator, backDoor, served, clock };
}

function breaks(emulator: Emulator, fault: unknown): Promise<Response> {
  return fetch(`${emulator.url}/_emulator/faults`, { method: "POST", body: JSON.stringify(fault) });
}

async function seen(emulator: Emulator, query = "") {
  const response = await fetch(`${emulator.url}/_emulator/requests${query}`);
  return ((await response.json()) as { items: unknown[] }).items;
}

test("health is ready as soon as it is served", async () => {
  await using emulator = await startSurface();

  const response = await fetch(`${emulator.url}/_emulator/health`);

  expect([response.status, await response.json()]).toEqual([200, { status: "ready" }]);
});

test("requests are logged with number, time, method, path with query and status", async () => {
  await using emulator = await startSurface();
  await fetch(`${emulator.url}/a?b=1`);
  await fetch(`${emulator.url}/c`, { method: "PUT" });

  expect(await seen(emulator)).toEqual([
    { n: 1, at: "2026-01-01T00:00:00.000Z", method: "GET", path: "/a?b=1", status: 201 },
    { n: 2, at: "2026-01-01T00:00:00.000Z", method: "PUT", path: "/c", status: 201 },
  ]);
  expect(await seen(emulator, "?after=1")).toMatchObject([{ n: 2 }]);
});

test("the back door's own requests are never logged, and forgotten ones keep their numbers", async () => {
  await using emulator = await startSurface();
  await fetch(`${emulator.url}/a`);
  await fetch(`${emulator.url}/_emulator/health`);
  await fetch(`${emulator.url}/_emulator`);
  await fetch(`${emulator.url}/_emulator/requests`, { method: "DELETE" });
  await fetch(`${emulator.url}/_emulatorish`);

  expect(await seen(emulator)).toMatchObject([{ n: 2, path: "/_emulatorish" }]);
});

test("a status fault answers in the surface's place, once unless told otherwise", async () => {
  await using emulator = await startSurface();
  const fault = {
    path: "^/a",
    do: { status: 429, headers: { "retry-after": "7" }, body: { x: 1 } },
  };

  const added = await breaks(emulator, fault);
  expect([added.status, await added.json()]).toEqual([201, { id: "fault-1" }]);

  const broken = await fetch(`${emulator.url}/a`);
  expect([broken.status, broken.headers.get("retry-after"), await broken.json()]).toEqual([
    429,
    "7",
    { x: 1 },
  ]);
  expect((await fetch(`${emulator.url}/a`)).status).toBe(201);
  expect(emulator.served).toEqual(["/a"]);
  expect(await seen(emulator)).toMatchObject([{ status: 429 }, { status: 201 }]);
});

test("times says how often, and method and path (with query) say where", async () => {
  await using emulator = await startSurface();
  await breaks(emulator, { method: "post", path: "x=1$", times: 2, do: { status: 503 } });

  const statuses: number[] = [];
  for (const [method, path] of [
    ["GET", "/a?x=1"],
    ["POST", "/a?x=2"],
    ["POST", "/a?x=1"],
    ["POST", "/b?x=1"],
    ["POST", "/a?x=1"],
  ] as const) {
    statuses.push((await fetch(emulator.url + path, { method })).status);
  }

  expect(statuses).toEqual([201, 201, 503, 503, 201]);
});

test("skip spares those that come first, and leaves them to the next fault", async () => {
  await using emulator = await startSurface();
  await breaks(emulator, { path: "/a", skip: 2, do: { status: 503 } });
  await breaks(emulator, { path: "/a", do: { status: 500 } });

  const statuses: number[] = [];
  for (let n = 0; n < 4; n += 1) statuses.push((await fetch(`${emulator.url}/a`)).status);

  expect(statuses).toEqual([500, 201, 503, 201]);
});

test("an expired token is refused wherever it is shown from then on, and another one is not", async () => {
  await using emulator = await startSurface();
  await breaks(emulator, { path: "/a", do: { expire: true } });
  const statusOf = async (path: string, authorization: string) =>
    (await fetch(emulator.url + path, { headers: { authorization } })).status;

  expect(await statusOf("/a", "Bearer old")).toBe(401);
  expect(await statusOf("/b", "Bearer old")).toBe(401);
  expect(await statusOf("/a", "Bearer new")).toBe(201);
  expect(emulator.served).toEqual(["/a"]);
});

test("the first fault that matches wins", async () => {
  await using emulator = await startSurface();
  await breaks(emulator, { path: "/a", do: { status: 500 } });
  await breaks(emulator, { do: { status: 501 } });

  expect((await fetch(`${emulator.url}/a`)).status).toBe(500);
  expect((await fetch(`${emulator.url}/a`)).status).toBe(501);
});

test("faults can be read and taken back", async () => {
  await using emulator = await startSurface();
  const faults = `${emulator.url}/_emulator/faults`;
  await breaks(emulator, { do: { status: 500 }, times: 3 });

  expect(await (await fetch(faults)).json()).toMatchObject({ items: [{ id: "fault-1", left: 3 }] });
  await fetch(faults, { method: "DELETE" });

  expect(await (await fetch(faults)).json()).toEqual({ items: [] });
  expect((await fetch(`${emulator.url}/a`)).status).toBe(201);
});

test.each([
  { drop: "before", served: [] },
  { drop: "after", served: ["/a"] },
])("a connection dropped $drop the work is reset, and has no status", async ({ drop, served }) => {
  await using emulator = await startSurface();
  await breaks(emulator, { do: { drop } });

  await expect(fetch(`${emulator.url}/a`, { method: "POST" })).rejects.toMatchObject({
    cause: { code: "ECONNRESET" },
  });

  expect(emulator.served).toEqual(served);
  expect(await seen(emulator)).toMatchObject([{ path: "/a", status: null }]);
  expect((await fetch(`${emulator.url}/a`)).status).toBe(201);
});

test("a client that hung up first does not harm a drop", async () => {
  await using emulator = await startSurface();
  await breaks(emulator, { do: { drop: "before" } });
  const gone = new AbortController();
  const request = fetch(`${emulator.url}/a`, { signal: gone.signal });
  gone.abort();

  await expect(request).rejects.toThrow("aborted");
  expect((await fetch(`${emulator.url}/_emulator/health`)).status).toBe(200);
});

test("a delayed answer comes when the clock says so", async () => {
  await using emulator = await startSurface();
  await breaks(emulator, { do: { delayMs: 5_000 } });
  const answer = fetch(`${emulator.url}/a`);
  await expect.poll(() => seen(emulator)).toMatchObject([{ status: null }]);
  expect(emulator.served).toEqual([]);

  emulator.clock.advance(5_000);

  expect((await answer).status).toBe(201);
});

test.each([
  { fault: "not an object", message: "A fault is a JSON object." },
  { fault: { path: "(", do: { status: 500 } }, message: "path is not a regular expression." },
  {
    fault: { on: "run", match: 3, outcome: "failed" },
    message: "match is not a regular expression.",
  },
  { fault: { on: "run", outcome: "late" }, message: 'outcome must be "failed" or "never".' },
  {
    fault: { do: { explode: true } },
    message:
      'A fault has either "on" and "outcome", or "do" with one of status, drop, delayMs, expire.',
  },
  { fault: { do: { status: 42 } }, message: "status is a whole number from 200 to 599." },
  { fault: { do: { drop: "during" } }, message: 'drop must be "before" or "after".' },
  { fault: { do: { delayMs: -1 } }, message: "delayMs is a number of milliseconds, 0 or more." },
  { fault: { do: { expire: "now" } }, message: "expire is true." },
  { fault: { skip: -1, do: { status: 500 } }, message: "skip is a whole number, 0 or more." },
  { fault: { times: 0, do: { status: 500 } }, message: "times is a whole number, 1 or more." },
])("a fault that could never happen is refused: $message", async ({ fault, message }) => {
  await using emulator = await startSurface();

  const response = await breaks(emulator, fault);

  expect([response.status, await response.json()]).toEqual([
    400,
    { error: { code: "BadFault", message } },
  ]);
});

test("an outcome fault is taken by event, name and line, as often as it says", async () => {
  await using emulator = await startSurface();
  await breaks(emulator, { on: "line", match: "^base", line: 3, times: 2, outcome: "failed" });
  const take = (name: string, line: number) => emulator.backDoor.takeOutcome("line", name, line);

  expect(take("other", 3)).toBeUndefined();
  expect(take("base-1", 2)).toBeUndefined();
  expect(take("base-1", 3)).toMatchObject({ outcome: "failed" });
  expect(take("base-2", 3)).toMatchObject({ outcome: "failed" });
  expect(take("base-3", 3)).toBeUndefined();
});
