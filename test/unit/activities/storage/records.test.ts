import { expect, test, vi } from "vitest";
import { createAcquireEndpoint } from "#activities/acquire-endpoint.ts";
import { createPublishRows } from "#activities/publish-rows.ts";
import { createRecordPipeline } from "#activities/record-pipeline.ts";
import { createRecordResource } from "#activities/record-resource.ts";
import { createReleaseEndpoint } from "#activities/release-endpoint.ts";
import { aPipeline } from "#kit/pipelines.ts";

test("the row of a pipeline gets what was merged, not what one branch knew", async () => {
  const pipeline = aPipeline();
  const merged = { ...pipeline, status: "canceled" as const };
  const rows = { update: vi.fn(async () => {}) };
  const { run } = createRecordPipeline({ mergePipeline: async () => merged }, rows);

  await run({ pipeline });

  expect(rows.update).toHaveBeenCalledWith(merged);
});

test("a resource is recorded under its pipeline", async () => {
  const ledger = { record: vi.fn(async () => {}) };
  const resource = { kind: "session", name: "s-1", state: "intended" } as const;

  await createRecordResource(ledger).run({ id: "p-1", resource, deadline: "2026-01-01T01:00:00Z" });

  expect(ledger.record).toHaveBeenCalledWith({
    pipeline: "p-1",
    resource,
    deadline: "2026-01-01T01:00:00Z",
  });
});

test("an endpoint is asked for in the pipeline's name, as of now", async () => {
  const locks = { acquire: vi.fn(async () => ({ acquired: false, holder: "p-2" })) };
  const clock = { now: () => new Date("2026-01-01T00:00:00Z") };
  const input = { endpoint: "shop", id: "p-1", deadline: "2026-01-01T01:00:00.000Z" };

  expect(await createAcquireEndpoint(locks, clock).run(input)).toEqual({
    acquired: false,
    holder: "p-2",
  });
  expect(locks.acquire).toHaveBeenCalledWith(
    "shop",
    "p-1",
    "2026-01-01T01:00:00.000Z",
    "2026-01-01T00:00:00.000Z",
  );
});

test("an endpoint is released in the pipeline's name", async () => {
  const locks = { release: vi.fn(async () => {}) };

  await createReleaseEndpoint(locks).run({ endpoint: "shop", id: "p-1" });

  expect(locks.release).toHaveBeenCalledWith("shop", "p-1");
});

test("all parts of the rows are published", async () => {
  const rows = { publish: vi.fn(async () => {}) };

  await createPublishRows(rows).run({ id: "p-1", parts: 2, rounds: 3 });

  expect(rows.publish).toHaveBeenCalledWith("p-1", 2, 3);
});
