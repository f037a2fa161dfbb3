import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { answerOf, client, HOST, manage, newId, run, start, untilStatus } from "./client.ts";

const CONTINUATION = "x-ms-continuation-token";

/** Ids of one page. */
async function page(query: string, token?: string) {
  const headers = token ? { [CONTINUATION]: token } : undefined;
  const url = `${HOST}/runtime/webhooks/durabletask/instances?${query}`;
  const response = await fetch(url, headers ? { headers } : {});
  const found = (await response.json()) as { instanceId: string; runtimeStatus: string }[];
  return {
    ids: found.map(({ instanceId }) => instanceId),
    token: response.headers.get(CONTINUATION) ?? undefined,
  };
}

test("a list comes in pages, in order of id, with a token in both directions", async () => {
  const prefix = newId("page");
  const ids = [1, 2, 3].map((n) => `${prefix}-${n}`);
  for (const id of ids) await start("same", 1, id);
  for (const id of ids) await untilStatus(id);
  const query = `instanceIdPrefix=${prefix}&top=2`;
  const first = await page(query);
  expect(first.ids).toEqual(ids.slice(0, 2));
  const second = await page(query, first.token);
  expect(second).toEqual({ ids: ids.slice(2), token: undefined });
});

test("a page has a hundred; its token is the next id with a space", async () => {
  const prefix = newId("many");
  const ids = Array.from({ length: 101 }, (_, n) => `${prefix}-${String(n).padStart(3, "0")}`);
  await Promise.all(ids.map((id) => start("same", 1, id)));
  const query = `instanceIdPrefix=${prefix}`;
  const first = await page(query);
  expect(first.ids).toEqual(ids.slice(0, 100));
  expect(Buffer.from(first.token ?? "", "base64").toString()).toBe(`${prefix}-100 `);
  expect((await page(query, first.token)).ids).toEqual([`${prefix}-100`]);
  for (const id of ids) await untilStatus(id);
});

test("the SDK's client lists, tells and purges as the API does", async () => {
  const { instanceId } = await run("same", 1);
  const { result } = await client("getStatusBy", { runtimeStatus: ["Completed"] });
  const found = (result as { instanceId: string }[]).map((status) => status.instanceId);
  expect(found).toContain(instanceId);
  // What has ended hears nothing, and the client does not mind.
  expect(await client("raiseEvent", instanceId, "go", 1)).toEqual({ result: null });
  expect(await client("terminate", instanceId, "late")).toEqual({ result: null });
  expect((await client("rewind", instanceId, "late")).error).toContain("Failed");
  const purged = await client("purgeInstanceHistory", instanceId);
  expect(purged.result).toEqual({ instancesDeleted: 1 });
  const again = await client("purgeInstanceHistory", instanceId);
  expect(again.result).toEqual({ instancesDeleted: 0 });
});

test("statuses of a filter are any case, bad filters are as none, top=0 is an empty page", async () => {
  const prefix = newId("filter");
  await untilStatus(await start("same", 1, `${prefix}-a`));
  await untilStatus(await start("throws", { message: "boom" }, `${prefix}-b`));
  const list = async (query: string) => (await page(`instanceIdPrefix=${prefix}&${query}`)).ids;
  expect(await list("runtimeStatus=failed")).toEqual([`${prefix}-b`]);
  const both = [`${prefix}-a`, `${prefix}-b`];
  expect(await list("runtimeStatus=Failed,Completed")).toEqual(both);
  expect(await list("top=x&createdTimeFrom=nonsense&runtimeStatus=nonsense")).toEqual(both);
  expect(await page(`instanceIdPrefix=${prefix}&top=0`)).toEqual({
    ids: [],
    token: expect.any(String),
  });
});

test("a purge by filter needs a time and finds something", async () => {
  expect(await answerOf(await manage("DELETE", "instances"))).toEqual([
    400,
    "Please provide value for 'createdTimeFrom' parameter.",
  ]);
  const nothing = await manage("DELETE", "instances?createdTimeFrom=2999-01-01");
  expect(nothing.status).toBe(404);
});

test("a purge by filter takes Running instances only when no status is left in it", async () => {
  // Instances of earlier tests stay outside the range.
  await setTimeout(50);
  const from = encodeURIComponent(new Date().toISOString());
  const alive = await start("waits");
  await untilStatus(alive, "Running");
  const { instanceId: ended } = await run("same", 1);
  const purge = async (statuses: string) =>
    answerOf(await manage("DELETE", `instances?createdTimeFrom=${from}&runtimeStatus=${statuses}`));
  expect(await purge("Running,Completed")).toEqual([200, { instancesDeleted: 1 }]);
  expect((await manage("GET", `instances/${ended}`)).status).toBe(404);
  expect((await manage("GET", `instances/${alive}`)).status).toBe(202);
  const { instanceId: more } = await run("same", 1);
  expect(await purge("Completed")).toEqual([200, { instancesDeleted: 1 }]);
  expect((await manage("GET", `instances/${more}`)).status).toBe(404);
  expect((await manage("GET", `instances/${alive}`)).status).toBe(202);
  expect(await purge("Running")).toEqual([200, { instancesDeleted: 1 }]);
  expect((await manage("GET", `instances/${alive}`)).status).toBe(404);
});

test("a purge without a status takes everything in its range, also what runs", async () => {
  await setTimeout(50);
  const from = encodeURIComponent(new Date().toISOString());
  const alive = await start("waits");
  await untilStatus(alive, "Running");
  const { instanceId: ended } = await run("same", 1);
  expect(await answerOf(await manage("DELETE", `instances?createdTimeFrom=${from}`))).toEqual([
    200,
    { instancesDeleted: 2 },
  ]);
  for (const id of [alive, ended])
    expect((await manage("GET", `instances/${id}`)).status).toBe(404);
});
