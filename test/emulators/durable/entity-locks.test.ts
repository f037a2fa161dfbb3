import { EntityId } from "durable-functions";
import { expect, test } from "vitest";
import { openBackend } from "./backend.ts";
import type { EntityCode, Orchestrator } from "./sdk-worker.ts";

const a = new EntityId("account", "a");
const b = new EntityId("account", "b");

const account: EntityCode = ({ df }) => {
  const balance = Number(df.getState(() => 0));
  if (df.operationName === "add") df.setState(balance + Number(df.getInput()));
  df.return(Number(df.getState(() => 0)));
};

/** Locks both, and holds them until it is told to go on. */
const transfers: Orchestrator = function* transfers(context) {
  const lock = yield context.df.lock(b, a, b);
  context.df.setCustomStatus("locked");
  yield context.df.waitForExternalEvent("go");
  yield context.df.callEntity(a, "add", -5);
  const balance = yield context.df.callEntity(b, "add", 5);
  (lock as { release(): void }).release();
  return balance;
};

const entities = { account };

test("what others ask of a locked entity waits until its holder has released it", async () => {
  await using backend = openBackend({ entities, orchestrators: { transfers } });
  const { operations } = backend;
  const { id, customStatus } = await backend.run("transfers", null, "first");
  expect(customStatus).toBe('"locked"');
  expect(operations.look("@account@a")?.customStatus).toBe('{"lockedBy":"first"}');
  operations.signalEntity(a, "add", "100");
  await backend.run("transfers", null, "second");
  expect(backend.instance("second").customStatus).toBeNull();
  expect(operations.readEntity(a)).toBeUndefined();
  operations.raiseEvent(id, "go", "1");
  await backend.settle();
  expect(backend.instance(id).output).toBe("5");
  expect(operations.readEntity(a)).toBe("95");
  expect(backend.instance("second").customStatus).toBe('"locked"');
});

test("a lock is asked for once per entity, in order, and released in as many events", async () => {
  await using backend = openBackend({ entities, orchestrators: { transfers } });
  const { id } = await backend.run("transfers");
  backend.operations.raiseEvent(id, "go", "1");
  await backend.settle();
  const sent = backend.operations.history(id).filter(({ EventType }) => EventType === 14);
  expect(sent.map(({ EventId, InstanceId, Name }) => [EventId, InstanceId, Name])).toEqual([
    [0, "@account@a", "op"],
    [1, "@account@a", "op"],
    [2, "@account@b", "op"],
    [3, "@account@a", "release"],
    [4, "@account@b", "release"],
  ]);
  expect(JSON.parse(String(sent[0]?.Input)).lockset).toEqual([
    { name: "account", key: "a" },
    { name: "account", key: "b" },
  ]);
});

test("inside a critical section the SDK refuses what is not allowed there", async () => {
  const attempts: Record<string, Orchestrator> = {
    *callsUnlocked(context) {
      yield context.df.lock(a);
      yield context.df.callEntity(b, "get");
    },
    *signalsLocked(context) {
      yield context.df.lock(a);
      context.df.signalEntity(a, "get");
    },
    *nests(context) {
      yield context.df.lock(a);
      yield context.df.lock(b);
    },
    *callsChild(context) {
      yield context.df.lock(a);
      yield context.df.callSubOrchestrator("nests");
    },
  };
  await using backend = openBackend({ entities, orchestrators: attempts });
  for (const name of Object.keys(attempts)) {
    expect((await backend.run(name, null, name)).status).toBe("Failed");
  }
  // Each has given its lock back when it failed.
  expect(backend.operations.look("@account@a")?.customStatus).toBe("{}");
});

test.each(["returns", "continues"])(
  "an orchestration that %s with a lock gives it back",
  async (name) => {
    await using backend = openBackend({
      entities,
      orchestrators: {
        *returns(context) {
          yield context.df.lock(a);
        },
        *continues(context) {
          if (context.df.getInput()) return;
          yield context.df.lock(a);
          context.df.continueAsNew({ again: true });
        },
      },
    });
    await backend.run(name);
    expect(backend.operations.look("@account@a")).toMatchObject({ input: "{}" });
    backend.operations.signalEntity(a, "add", "1");
    await backend.settle();
    expect(backend.operations.readEntity(a)).toBe("1");
  },
);

test("a terminated orchestration keeps its lock for ever, and the log says so", async () => {
  await using backend = openBackend({ entities, orchestrators: { transfers } });
  await backend.run("transfers", null, "t");
  backend.operations.terminate("t", "enough");
  backend.operations.signalEntity(a, "add", "1");
  await backend.settle();
  expect(backend.operations.readEntity(a)).toBeUndefined();
  expect(backend.lines).toEqual(
    ["a", "b"].map(
      (key) =>
        `warning: The entity @account@${key} stays locked for ever by instance t, which has ended without giving the lock back. Purge the entity.`,
    ),
  );
});

test("a lock granted to an orchestration that was terminated meanwhile stays, and the log says so", async () => {
  await using backend = openBackend({ entities, orchestrators: { transfers } });
  await backend.run("transfers", null, "holds");
  await backend.run("transfers", null, "waits");
  backend.operations.terminate("waits", "enough");
  backend.operations.raiseEvent("holds", "go", "1");
  await backend.settle();
  expect(backend.lines[0]).toBe(
    "warning: The entity @account@a stays locked for ever by instance waits, which has ended without giving the lock back. Purge the entity.",
  );
});

test("locks and those who wait for them survive a restart", async () => {
  const first = openBackend({ entities, orchestrators: { transfers } });
  await first.run("transfers", null, "holds");
  await first.run("transfers", null, "waits");
  await first.close();
  await using second = openBackend({
    entities,
    orchestrators: { transfers },
    folder: first.folder,
  });
  await second.settle();
  for (const id of ["holds", "waits"]) second.operations.raiseEvent(id, "go", "1");
  await second.settle();
  await second.settle();
  expect(second.instance("holds").output).toBe("5");
  expect(second.instance("waits").output).toBe("10");
});
