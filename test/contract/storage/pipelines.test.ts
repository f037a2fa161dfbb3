import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPipelines } from "#azure/storage/pipelines.ts";
import { anAccepted, aPipeline } from "#kit/pipelines.ts";
import { startStorage, type TestStorage } from "#kit/storage.ts";

let azurite: TestStorage;
beforeAll(async () => {
  azurite = await startStorage();
});
afterAll(() => azurite[Symbol.asyncDispose]());

const minute = (n: number) => `2026-01-01T00:${String(n).padStart(2, "0")}:00.000Z`;

describe("a pipeline's row", () => {
  test("is inserted once and keeps what was accepted", async () => {
    const pipelines = createPipelines(azurite.storage);
    const accepted = anAccepted({ id: "row-000000000001" });

    expect(await pipelines.insert(accepted)).toBe(true);
    expect(await pipelines.insert({ ...accepted, app: "other" })).toBe(false);
    expect(await pipelines.read(accepted.id)).toEqual({
      accepted,
      status: "running",
      starting: true,
    });
  });

  test("is found by the sweep until it is unmarked", async () => {
    const pipelines = createPipelines(azurite.storage);
    const accepted = anAccepted({ id: "row-000000000002" });
    await pipelines.insert(accepted);

    expect(await pipelines.starting()).toContain(accepted.id);
    await pipelines.unmark(accepted.id);

    expect(await pipelines.starting()).not.toContain(accepted.id);
    expect(await pipelines.read(accepted.id)).toMatchObject({ accepted, starting: false });
  });

  test("that was lost comes back with the pipeline's next record", async () => {
    const pipelines = createPipelines(azurite.storage);
    const pipeline = { ...aPipeline({ id: "row-000000000003", app: "lost" }) };

    await pipelines.update({ ...pipeline, status: "failed" });

    expect(await pipelines.read(pipeline.id)).toEqual({
      accepted: null,
      status: "failed",
      starting: false,
    });
    expect(await pipelines.list({ app: "lost" }, 10, null)).toMatchObject({
      items: [{ id: pipeline.id, status: "failed" }],
    });
  });

  test("of an unknown id is null", async () => {
    expect(await createPipelines(azurite.storage).read("row-00000000000f")).toBeNull();
  });
});

describe("the list", () => {
  test("is newest first, in pages, by app and status", async () => {
    const pipelines = createPipelines(azurite.storage);
    const id = (n: number) => `list-00000000000${n}`;
    for (const n of [3, 1, 5, 2, 4]) {
      const accepted = anAccepted({
        id: id(n),
        app: n === 4 ? "other" : "list",
        createdAt: minute(n),
      });
      await pipelines.insert(accepted);
      await pipelines.index(accepted, "running");
    }
    await pipelines.update({
      ...aPipeline({ id: id(2), app: "list", createdAt: minute(2) }),
      status: "failed",
    });

    const first = await pipelines.list({ app: "list" }, 2, null);
    const second = await pipelines.list({ app: "list" }, 2, first.next);

    expect(first.items.map((item) => item.id)).toEqual([id(5), id(3)]);
    expect(second.items.map((item) => item.id)).toEqual([id(2), id(1)]);
    expect(second.next).toBeNull();
    expect(await pipelines.list({ app: "list", status: "failed" }, 10, null)).toEqual({
      items: [{ id: id(2), status: "failed" }],
      next: null,
    });
  });

  test("finds the pipelines of one bundle, accepted or recorded", async () => {
    const pipelines = createPipelines(azurite.storage);
    const [one, other] = ["1", "2"].map((digit) => `sha256:${digit.repeat(64)}`);
    const accepted = (n: number, bundle = one) =>
      anAccepted({
        id: `bundle-00000000000${n}`,
        app: "bundle",
        createdAt: minute(n),
        ...(bundle === undefined ? {} : { bundle }),
      });
    await pipelines.index(accepted(1), "running");
    await pipelines.index(accepted(2, other), "running");
    await pipelines.update(aPipeline(accepted(3)));

    const { items } = await pipelines.list({ app: "bundle", bundle: one }, 10, null);
    expect(items.map(({ id }) => id)).toEqual(["bundle-000000000003", "bundle-000000000001"]);
  });

  test("indexes a pipeline once, however often", async () => {
    const pipelines = createPipelines(azurite.storage);
    const accepted = anAccepted({ id: "once-000000000001", app: "once" });

    await pipelines.index(accepted, "running");
    await pipelines.index(accepted, "running");

    expect((await pipelines.list({ app: "once" }, 10, null)).items).toHaveLength(1);
  });

  test("goes beyond what the service gives at once", async () => {
    const pipelines = createPipelines(azurite.storage);
    const table = await azurite.storage.table("pipelines");
    const rows = Array.from({ length: 1_100 }, (_, n) => ({
      partitionKey: "index",
      rowKey: `${8_000_000_000_000 + n}-many-${n}`,
      id: `many-${n}`,
      app: "many",
      status: "running",
    }));
    for (let from = 0; from < rows.length; from += 100) {
      await table.submitTransaction(rows.slice(from, from + 100).map((row) => ["create", row]));
    }

    const first = await pipelines.list({ app: "many" }, 1_000, null);
    const rest = await pipelines.list({ app: "many" }, 1_000, first.next);

    expect([first.items.length, rest.items.length, rest.next]).toEqual([1_000, 100, null]);
  });

  test.each(["", "x", "MTIz", Buffer.from("1' or RowKey gt '0").toString("base64url")])(
    "refuses %j, which is no next of a page",
    async (after) => {
      await expect(createPipelines(azurite.storage).list({}, 10, after)).rejects.toMatchObject({
        code: "REQUEST_INVALID",
        problems: [{ path: "after" }],
      });
    },
  );
});
