import { expect, test } from "vitest";
import { openBackend } from "./backend.ts";
import type { EntityCode } from "./sdk-worker.ts";

const counter = { name: "counter", key: "a" };

const counting: EntityCode = ({ df }) => {
  if (df.operationName === "delete") df.destructOnExit();
  else df.setState(Number(df.getState(() => 0)) + 1);
};

const entities = { counter: counting, other: counting };

test("entities are listed with instances as ones that run, and purged with all that they have to do", async () => {
  await using backend = openBackend({ entities, orchestrators: {} });
  const { operations } = backend;
  operations.signalEntity(counter, "add", null);
  await backend.settle();
  expect(operations.list({})).toMatchObject([
    {
      id: "@counter@a",
      name: "@counter@a",
      status: "Running",
      input: '{"exists":true,"state":"1"}',
      customStatus: '{"entityExists":true}',
      output: null,
    },
  ]);
  expect(operations.look("@counter@a")?.status).toBe("Running");
  operations.signalEntity(counter, "add", null);
  operations.purge(["@counter@a"]);
  await backend.settle();
  expect(operations.list({})).toEqual([]);
});

test("an entity purged while its code runs does not come back", async () => {
  await using backend = openBackend({
    orchestrators: {},
    entities: {
      async counter(context) {
        await backend.clock.until(backend.clock.now() + 10);
        context.df.setState(1);
      },
    },
  });
  backend.operations.signalEntity(counter, "add", null);
  await backend.settle();
  backend.operations.purge(["@counter@a"]);
  await backend.advance(10);
  expect(backend.operations.list({})).toEqual([]);
});

test("entities that exist are listed by name, time and page; the state is shown when asked for", async () => {
  await using backend = openBackend({ entities, orchestrators: {} });
  const { operations, api } = backend;
  const get = async (path: string, token?: string) => {
    const headers = token ? { "x-ms-continuation-token": token } : undefined;
    const url = `http://127.0.0.1/${path}`;
    const response = await api.answer(
      new Request(url, headers ? { headers } : {}),
      path.split("?")[0] ?? "",
    );
    const found = (await response.json()) as { entityId: { key: string } }[];
    return { found, token: response.headers.get("x-ms-continuation-token") ?? undefined };
  };
  for (const key of ["c", "a", "b"]) operations.signalEntity({ name: "Counter", key }, "add", null);
  operations.signalEntity({ name: "other", key: "o" }, "add", null);
  operations.signalEntity(counter, "delete", null);
  await backend.settle();
  const keys = async (path: string) => (await get(path)).found.map(({ entityId }) => entityId.key);
  expect(await keys("entities")).toEqual(["b", "c", "o"]);
  expect(await keys("entities/COUNTER")).toEqual(["b", "c"]);
  expect(await keys("entities?lastOperationTimeFrom=2026-01-01T00:00:01Z")).toEqual([]);
  expect(await keys("entities?lastOperationTimeTo=2025-12-31T00:00:00Z")).toEqual([]);
  const first = await get("entities?top=2&fetchState=true");
  expect(first.found).toEqual([
    {
      entityId: { name: "counter", key: "b" },
      lastOperationTime: "2026-01-01T00:00:00.0000000Z",
      state: 1,
    },
    {
      entityId: { name: "counter", key: "c" },
      lastOperationTime: "2026-01-01T00:00:00.0000000Z",
      state: 1,
    },
  ]);
  const second = await get("entities?top=2", first.token);
  expect(second.found).toMatchObject([{ entityId: { key: "o" }, state: null }]);
  expect(second.token).toBeUndefined();
});

test.each([
  ["POST", "entities", 400],
  ["POST", "entities/nope/a", 400],
  ["POST", "entities/counter/a%23b", 400],
  ["POST", "entities/counter/a/b", 404],
  ["PUT", "entities/counter/a", 404],
  ["GET", "entities/counter/none", 404],
  ["POST", "entities/counter/a", 202],
  ["POST", "entities/counter", 202],
])("%s %s is answered with %i", async (method, path, status) => {
  await using backend = openBackend({ entities, orchestrators: {} });
  const request = new Request(`http://127.0.0.1/${path}`, { method });
  expect((await backend.api.answer(request, path)).status).toBe(status);
});

test("a signal's JSON must be JSON; a body of another type is a string", async () => {
  const inputs: unknown[] = [];
  await using backend = openBackend({
    orchestrators: {},
    entities: { counter: ({ df }) => void inputs.push(df.getInput()) },
  });
  const post = async (body: string, type: string) => {
    const headers = { "content-type": type };
    const request = new Request("http://127.0.0.1/", { method: "POST", body, headers });
    return backend.api.answer(request, "entities/counter/a");
  };
  expect((await post('{"a":1}', "application/json; charset=utf-8")).status).toBe(202);
  expect((await post("5", "text/plain")).status).toBe(202);
  const refused = await post("{", "application/json");
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({
    Message: expect.stringMatching(/^Could not parse JSON content: /),
  });
  await backend.settle();
  expect(inputs).toEqual([{ a: 1 }, "5"]);
});

test("the empty key is written as $", async () => {
  await using backend = openBackend({ entities, orchestrators: {} });
  backend.operations.signalEntity({ name: "counter", key: "" }, "add", null);
  await backend.settle();
  const path = "entities/counter/$";
  const answer = await backend.api.answer(new Request(`http://127.0.0.1/${path}`), path);
  expect(await answer.text()).toBe("1");
});
