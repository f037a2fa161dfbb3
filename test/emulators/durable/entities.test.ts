// biome-ignore-all lint/correctness/useYield: an orchestrator is a generator even when it waits for nothing
import { EntityId } from "durable-functions";
import { expect, test } from "vitest";
import { openBackend } from "./backend.ts";
import type { EntityCode } from "./sdk-worker.ts";

const counter = new EntityId("Counter", "a");
const other = new EntityId("counter", "b");

/** Counts, tells, fails, passes on and goes. */
const counting: EntityCode = (context) => {
  const { df } = context;
  const state = Number(df.getState(() => 0));
  switch (df.operationName) {
    case "add":
      df.setState(state + Number(df.getInput()));
      return df.return(state + Number(df.getInput()));
    case "get":
      return df.return(df.getState(() => 0));
    case "fail":
      throw new Error("boom");
    case "failWithText":
      throw "told";
    case "passOn":
      return df.signalEntity(new EntityId("counter", "b"), "add", state);
    case "delete":
      return df.destructOnExit();
    default:
      throw new Error(`No operation ${df.operationName}`);
  }
};

const entities = { counter: counting };

test("an orchestration calls an entity, and signals come before the calls that follow them", async () => {
  await using backend = openBackend({
    entities,
    orchestrators: {
      *adds(context) {
        context.df.signalEntity(counter, "add", 5);
        const first = yield context.df.callEntity(counter, "add", 2);
        const both = yield context.df.Task.all([
          context.df.callEntity(counter, "add", 1),
          context.df.callEntity(other, "get"),
        ]);
        return [first, both];
      },
    },
  });
  const { status, output, id } = await backend.run("adds");
  expect({ status, output }).toEqual({ status: "Completed", output: "[7,[8,0]]" });
  const sent = backend.operations.history(id).filter(({ EventType }) => EventType === 14);
  expect(sent.map(({ EventId, InstanceId, Name }) => [EventId, InstanceId, Name])).toEqual([
    [0, "@counter@a", "op"],
    [1, "@counter@a", "op"],
    [2, "@counter@a", "op"],
    [3, "@counter@b", "op"],
  ]);
  expect(backend.operations.readEntity(counter)).toBe("8");
});

test("an error in an entity reaches the caller as the SDK writes it, and the batch goes on", async () => {
  await using backend = openBackend({
    entities,
    orchestrators: {
      *fails(context) {
        const told: string[] = [];
        for (const operation of ["fail", "failWithText"]) {
          try {
            yield context.df.callEntity(counter, operation);
          } catch (error) {
            told.push((error as Error).message);
          }
        }
        return [...told, yield context.df.callEntity(counter, "add", 1)];
      },
    },
  });
  expect((await backend.run("fails")).output).toBe('["[object Object]","told",1]');
});

test("a client's signal, an entity's own signal, and the end of an entity", async () => {
  await using backend = openBackend({ entities, orchestrators: {} });
  const { operations } = backend;
  expect(operations.signalEntity(counter, "add", "3")).toBeUndefined();
  expect(operations.signalEntity(counter, "passOn", null)).toBeUndefined();
  await backend.settle();
  expect([operations.readEntity(counter), operations.readEntity(other)]).toEqual(["3", "3"]);
  operations.signalEntity(counter, "delete", null);
  await backend.settle();
  expect(operations.readEntity(counter)).toBeUndefined();
  operations.signalEntity(counter, "add", "1");
  await backend.settle();
  expect(operations.readEntity(counter)).toBe("1");
});

test("an entity has one batch at a time, and the next one holds all that came meanwhile", async () => {
  const batches: number[] = [];
  let running = 0;
  await using backend = openBackend({
    orchestrators: {},
    entities: {
      async slow(context) {
        running += 1;
        batches.push(running);
        await backend.clock.until(backend.clock.now() + 10);
        running -= 1;
        context.df.setState(Number(context.df.getState(() => 0)) + 1);
      },
    },
  });
  const slow = { name: "slow", key: "s" };
  for (let n = 0; n < 3; n += 1) {
    backend.operations.signalEntity(slow, "go", null);
    await backend.settle();
  }
  for (let n = 0; n < 4; n += 1) await backend.advance(10);
  expect(batches).toEqual([1, 1, 1]);
  expect(backend.operations.readEntity(slow)).toBe("3");
});

test("state and signals of a batch that was not stored come once, after a restart", async () => {
  const first = openBackend({
    orchestrators: {},
    entities: {
      async counter() {
        await first.clock.until(Number.MAX_SAFE_INTEGER);
      },
    },
  });
  first.operations.signalEntity(counter, "add", "2");
  first.operations.signalEntity(counter, "passOn", null);
  await first.settle();
  await first.close();
  await using second = openBackend({ entities, orchestrators: {}, folder: first.folder });
  await second.settle();
  expect(second.operations.readEntity(counter)).toBe("2");
  expect(second.operations.readEntity(other)).toBe("2");
});

test("an entity that throws outside its operations is asked again a second later", async () => {
  let broken = true;
  await using backend = openBackend({
    entities,
    orchestrators: {},
    beforeEntity: () => {
      if (broken) throw new Error("not now");
    },
  });
  backend.operations.signalEntity(counter, "add", "2");
  await backend.settle();
  expect(backend.lines.join("\n")).toMatch(
    /A batch of the entity @counter@a was abandoned .* not now/,
  );
  broken = false;
  await backend.advance(1000);
  expect(backend.operations.readEntity(counter)).toBe("2");
});

test("an entity that is not registered: the client is refused, a call hangs, a signal is lost, the log says so", async () => {
  await using backend = openBackend({
    entities,
    orchestrators: {
      *signals(context) {
        context.df.signalEntity(new EntityId("Nope", "x"), "add");
      },
      *calls(context) {
        yield context.df.callEntity(new EntityId("Nope", "x"), "add");
      },
    },
  });
  const problem =
    "The function 'nope' doesn't exist, is disabled, or is not an entity function. Additional info: The following are the known entity functions: 'counter'.";
  expect(backend.operations.signalEntity({ name: "Nope", key: "x" }, "add", null)).toBe(problem);
  expect((await backend.run("signals", null, "s")).status).toBe("Completed");
  expect((await backend.run("calls", null, "c")).status).toBe("Running");
  expect(backend.lines).toEqual([
    `warning: Instance s (signals) goes on without its signal to the entity @nope@x: ${problem}`,
    `warning: Instance c (calls) waits for ever: the entity @nope@x: ${problem}`,
  ]);
});

test("signals sent before the orchestrator throws are delivered", async () => {
  await using backend = openBackend({
    entities,
    orchestrators: {
      *signalsAndThrows(context) {
        context.df.signalEntity(counter, "add", 4);
        throw new Error("boom");
      },
    },
  });
  expect((await backend.run("signalsAndThrows")).status).toBe("Failed");
  expect(backend.operations.readEntity(counter)).toBe("4");
});

test("a call to an entity does not keep its instance from ending", async () => {
  await using backend = openBackend({
    entities: {
      counter: () => backend.clock.until(backend.clock.now() + 10),
    },
    orchestrators: {
      *races(context) {
        const now = context.df.currentUtcDateTime;
        const timer = context.df.createTimer(now);
        yield context.df.Task.any([context.df.callEntity(counter, "get"), timer]);
        return "done";
      },
    },
  });
  expect(await backend.run("races")).toMatchObject({ status: "Completed", output: '"done"' });
});

test("a replay that no longer asks an entity is found out", async () => {
  let changed = false;
  await using backend = openBackend({
    entities,
    orchestrators: {
      *changes(context) {
        if (!changed) context.df.signalEntity(counter, "add", 1);
        yield context.df.waitForExternalEvent("go");
      },
    },
  });
  const { id } = await backend.run("changes");
  changed = true;
  backend.operations.raiseEvent(id, "go", "1");
  await backend.settle();
  expect(backend.instance(id).output).toBe(
    "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled a send event task with sequence ID 0, type 'EventSent' name 'op', instance ID '@counter@a', but the current replay execution hasn't (yet?) scheduled this task. Was a change made to the orchestrator code after this instance had already started running?",
  );
});
