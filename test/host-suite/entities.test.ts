import { expect, test } from "vitest";
import {
  answerOf,
  client,
  HOST,
  manage,
  newId,
  raise,
  read,
  run,
  start,
  until,
  untilStatus,
} from "./client.ts";

const CONTINUATION = "x-ms-continuation-token";

const stateOf = (key: string) =>
  until(async () => {
    const response = await manage("GET", `entities/tally/${key}`);
    return response.status === 200 ? ((await response.json()) as unknown) : undefined;
  });

function post(path: string, body?: string, type?: string): Promise<Response> {
  const headers: Record<string, string> = type ? { "content-type": type } : {};
  const init = body === undefined ? {} : { body: new TextEncoder().encode(body) };
  const url = `${HOST}/runtime/webhooks/durabletask/entities/${path}`;
  return fetch(url, { method: "POST", headers, ...init });
}

test("an orchestration calls an entity; what it throws arrives as an object's name", async () => {
  const key = newId("called");
  expect((await run("usesEntity", { key })).output).toEqual({ sum: 7, error: "[object Object]" });
  expect(await answerOf(await manage("GET", `entities/tally/${key}`))).toEqual([200, 7]);
});

test("a signal sent before the code throws is delivered", async () => {
  const key = newId("thrown");
  expect((await run("signalsAndThrows", { key })).runtimeStatus).toBe("Failed");
  expect(await stateOf(key)).toBe(3);
});

test("a signal needs neither an operation nor JSON, and is answered with 202", async () => {
  const key = newId("bare");
  expect(await answerOf(await post(`tally/${key}`))).toEqual([202, ""]);
  expect(await stateOf(key)).toEqual({ operation: "", input: null });
  const text = newId("text");
  expect((await post(`Tally/${text}?op=told`, "words", "text/plain")).status).toBe(202);
  expect(await stateOf(text)).toEqual({ operation: "told", input: "words" });
});

test("an entity that is deleted, or never was, is 404", async () => {
  const key = newId("deleted");
  expect((await manage("GET", `entities/tally/${key}`)).status).toBe(404);
  await post(`tally/${key}?op=add`, "1", "application/json");
  expect(await stateOf(key)).toBe(1);
  expect((await manage("DELETE", `entities/tally/${key}`)).status).toBe(202);
  await until(async () =>
    (await manage("GET", `entities/tally/${key}`)).status === 404 ? true : undefined,
  );
});

test("an entity signals another one", async () => {
  const [from, to] = [newId("from"), newId("to")];
  await post(`tally/${from}?op=add`, "4", "application/json");
  await post(`tally/${from}?op=passOn`, JSON.stringify(to), "application/json");
  expect(await stateOf(to)).toBe(4);
});

test("the SDK's client signals and reads", async () => {
  const id = { name: "tally", key: newId("client") };
  expect(await client("readEntityState", id)).toEqual({ result: { entityExists: false } });
  expect(await client("signalEntity", id, "add", 6)).toEqual({ result: null });
  expect(await stateOf(id.key)).toBe(6);
  expect(await client("readEntityState", id)).toEqual({
    result: { entityExists: true, entityState: 6 },
  });
});

test("entities are listed in pages, and among the instances as ones that run", async () => {
  const prefix = newId("listed");
  const keys = [`${prefix}-1`, `${prefix}-2`];
  for (const key of keys) await post(`tally/${key}?op=add`, "1", "application/json");
  for (const key of keys) await stateOf(key);
  const url = `${HOST}/runtime/webhooks/durabletask/entities?top=1`;
  const page = await fetch(url);
  expect(page.headers.get(CONTINUATION)).toEqual(expect.any(String));
  const [shown = {}] = (await page.json()) as Record<string, unknown>[];
  expect(Object.keys(shown)).toEqual(["entityId", "lastOperationTime", "state"]);
  expect(shown.entityId).toEqual({ name: "tally", key: expect.any(String) });
  const listed = await manage("GET", `instances?instanceIdPrefix=@tally@${prefix}`);
  expect(await listed.json()).toMatchObject(
    keys.map((key) => ({ instanceId: `@tally@${key}`, runtimeStatus: "Running" })),
  );
});

test("a locked entity keeps others waiting until it is released", async () => {
  const prefix = newId("locked");
  const keys = [`${prefix}-b`, `${prefix}-a`];
  const id = await start("locksTwo", { keys });
  await until(async () => ((await read(id)).customStatus === "locked" ? true : undefined));
  const other = await start("usesEntity", { key: keys[0] });
  await run("callOne", { name: "echo", input: 1 });
  expect((await read(other)).runtimeStatus).toBe("Running");
  await raise(id, "go", 1);
  expect((await untilStatus(id)).output).toEqual({
    isLocked: true,
    locks: keys.toSorted(),
    sums: [1, 1],
    last: "after the release",
  });
  expect((await untilStatus(other)).output).toMatchObject({ sum: 8 });
});
