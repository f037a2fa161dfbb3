import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLedger, ENDPOINT_LOCKS, MODEL_LOCKS } from "#azure/storage/ledger.ts";
import { createLocks } from "#azure/storage/locks.ts";
import { startStorage, type TestStorage } from "#kit/storage.ts";

let azurite: TestStorage;
beforeAll(async () => {
  azurite = await startStorage();
});
afterAll(() => azurite[Symbol.asyncDispose]());

const NOON = "2026-01-01T12:00:00.000Z";
const ONE = "2026-01-01T13:00:00.000Z";
const TWO = "2026-01-01T14:00:00.000Z";

describe("the ledger", () => {
  test("has one row per resource, with its last state", async () => {
    const ledger = createLedger(azurite.storage);
    const resource = { kind: "computeInstance", name: "flowgate-ci-1", state: "intended" } as const;
    await ledger.record({ pipeline: "p-1", resource, deadline: ONE });
    await ledger.record({
      pipeline: "p-1",
      resource: { ...resource, state: "created" },
      deadline: ONE,
    });
    const role = { kind: "roleAssignment", name: "/subscriptions/a#b?", state: "kept" } as const;
    await ledger.record({ pipeline: "p-1", resource: role, deadline: ONE });

    expect(await ledger.list("p-1")).toEqual([
      { pipeline: "p-1", resource: { ...resource, state: "created" }, deadline: ONE },
      { pipeline: "p-1", resource: role, deadline: ONE },
    ]);
  });

  test("knows what is overdue, and takes no lock for a resource", async () => {
    const ledger = createLedger(azurite.storage);
    const states = ["intended", "created", "leaked", "deleted", "kept"] as const;
    for (const state of states) {
      const resource = { kind: "session", name: `late-${state}`, state } as const;
      await ledger.record({ pipeline: "p-2", resource, deadline: ONE });
    }
    const young = { kind: "session", name: "young", state: "created" } as const;
    await ledger.record({ pipeline: "p-2", resource: young, deadline: TWO });
    await createLocks(azurite.storage, ENDPOINT_LOCKS).acquire(
      "overdue-endpoint",
      "p-2",
      NOON,
      NOON,
    );

    const overdue = (await ledger.overdue("2026-01-01T13:30:00.000Z")).filter(
      ({ pipeline }) => pipeline !== "p-1",
    );
    expect(overdue.map(({ resource }) => resource.name).sort()).toEqual([
      "late-created",
      "late-intended",
      "late-leaked",
    ]);
  });
});

test("a model's lock is none of an endpoint of the same name", async () => {
  const endpoints = createLocks(azurite.storage, ENDPOINT_LOCKS);
  const models = createLocks(azurite.storage, MODEL_LOCKS);
  await endpoints.acquire("same", "p-1", ONE, NOON);

  expect(await models.acquire("same", "p-2", ONE, NOON)).toEqual({
    acquired: true,
    holder: "p-2",
  });
});

describe("an endpoint", () => {
  test("is one pipeline's until it is released, by that one alone", async () => {
    const locks = createLocks(azurite.storage, ENDPOINT_LOCKS);

    expect(await locks.acquire("shop", "p-1", ONE, NOON)).toEqual({
      acquired: true,
      holder: "p-1",
    });
    expect(await locks.acquire("shop", "p-2", ONE, NOON)).toEqual({
      acquired: false,
      holder: "p-1",
    });
    expect(await locks.acquire("shop", "p-1", TWO, NOON)).toEqual({
      acquired: true,
      holder: "p-1",
    });

    await locks.release("shop", "p-2");
    expect(await locks.acquire("shop", "p-2", ONE, NOON)).toMatchObject({ acquired: false });

    await locks.release("shop", "p-1");
    await locks.release("shop", "p-1");
    expect(await locks.acquire("shop", "p-2", ONE, NOON)).toEqual({
      acquired: true,
      holder: "p-2",
    });
  });

  test("may be taken from one whose deadline has passed, who then cannot release it", async () => {
    const locks = createLocks(azurite.storage, ENDPOINT_LOCKS);
    await locks.acquire("late", "p-1", ONE, NOON);

    expect(await locks.acquire("late", "p-2", TWO, ONE)).toMatchObject({ acquired: false });
    expect(await locks.acquire("late", "p-2", TWO, "2026-01-01T13:00:00.001Z")).toEqual({
      acquired: true,
      holder: "p-2",
    });
    await locks.release("late", "p-1");

    expect(await locks.acquire("late", "p-3", TWO, ONE)).toEqual({
      acquired: false,
      holder: "p-2",
    });
  });

  test("goes to exactly one of many that ask at once, also when it is overdue", async () => {
    const locks = createLocks(azurite.storage, ENDPOINT_LOCKS);
    const ask = (deadline: string, now: string) =>
      Promise.all(
        Array.from({ length: 10 }, (_, n) => locks.acquire("busy", `p-${now}-${n}`, deadline, now)),
      );

    const first = await ask(ONE, NOON);
    const second = await ask("2026-01-01T15:00:00.000Z", TWO);

    expect(first.filter(({ acquired }) => acquired)).toHaveLength(1);
    expect(second.filter(({ acquired }) => acquired)).toHaveLength(1);
  });
});
