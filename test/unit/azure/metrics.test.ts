import { expect, test } from "vitest";
import { createMetrics } from "#azure/metrics.ts";
import { discoverAt, http, literalAzure, type Reply } from "./literal-azure.ts";

const nothing = { finite: {}, malformed: {} };

function logged(value: unknown): string {
  const point = { data: { accuracy: value } };
  return JSON.stringify({
    value: [{ dataContainerId: "dcid.r", name: "accuracy", value: [point] }],
  });
}

async function read(replies: readonly Reply[]) {
  await using azure = await literalAzure(replies);
  const metrics = await createMetrics(http, discoverAt(azure)).read("r");
  return { metrics, calls: azure.seen.length, path: azure.seen[0]?.path };
}

test("the last values of the run are asked for", async () => {
  expect(await read([{ body: logged(0.88) }])).toEqual({
    metrics: { finite: { accuracy: 0.88 }, malformed: {} },
    calls: 1,
    path: "/metric/runs/r/lastvalues",
  });
});

test("NaN as Python writes it is malformed by name", async () => {
  const { metrics, calls } = await read([{ body: logged(1).replace(":1}", ":NaN}") }]);
  expect(metrics).toEqual({ finite: {}, malformed: { accuracy: '"NaN"' } });
  expect(calls).toBe(1);
});

test.each([logged(0.88).slice(0, -9), "<html>Bad gateway</html>", ""])(
  "an answer that stays unreadable is one without metrics: %s",
  async (body) => {
    expect(await read([{ body }])).toMatchObject({ metrics: nothing, calls: 3 });
  },
);

test("an answer that is readable the second time counts", async () => {
  const { metrics } = await read([{ body: "{" }, { body: logged(0.5) }]);
  expect(metrics.finite).toEqual({ accuracy: 0.5 });
});

test("a service that stays busy is no run without metrics", async () => {
  await expect(read([{ status: 503 }])).rejects.toMatchObject({ code: "AZURE_BUSY" });
  await expect(read([{ status: 403 }])).rejects.toMatchObject({ code: "AZURE_REFUSED" });
});
