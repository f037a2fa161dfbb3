import { expect, test } from "vitest";
import { ManualClock } from "#emulators/kit/clock.ts";
import { openBackend } from "./backend.ts";
import type { Orchestrator } from "./sdk-worker.ts";

const MINUTE = 60_000;

const sleeper: Orchestrator = function* sleeper(context) {
  const fireAt = context.df.currentUtcDateTime.getTime() + 10 * 24 * 60 * MINUTE;
  yield context.df.createTimer(new Date(fireAt));
  return context.df.currentUtcDateTime.getTime() - fireAt;
};

test("a timer never fires early, however long it is", async () => {
  await using backend = openBackend({ orchestrators: { sleeper } });
  const { id } = await backend.run("sleeper");
  await backend.advance(10 * 24 * 60 * MINUTE - 1);
  expect(backend.instance(id).status).toBe("Running");
  await backend.advance(1);
  expect(backend.instance(id)).toMatchObject({ status: "Completed", output: "0" });
});

test("a timer that was due while nobody ran fires at the next start", async () => {
  const clock = new ManualClock();
  const first = openBackend({ orchestrators: { sleeper }, clock });
  const { id } = await first.run("sleeper");
  const { folder } = first;
  await first.close();
  clock.advance(11 * 24 * 60 * MINUTE);

  await using second = openBackend({ orchestrators: { sleeper }, clock, folder });
  await second.settle();
  expect(second.instance(id).status).toBe("Completed");
});

test("changed code is caught at the next turn with DurableTask's words", async () => {
  let name = "before";
  await using backend = openBackend({
    orchestrators: {
      *changing(context) {
        yield context.df.callActivity(name);
        yield context.df.waitForExternalEvent("never");
      },
    },
    activities: { before: () => 1, after: () => 2 },
  });
  const { id } = await backend.run("changing");
  name = "after";
  backend.operations.raiseEvent(id, "other", "1");
  await backend.settle();
  expect(backend.instance(id)).toMatchObject({
    status: "Failed",
    output:
      "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled an activity task with sequence number 0 named 'before', but the current orchestration replay instead scheduled an activity task named 'after' with this sequence number. Was a change made to the orchestrator code after this instance had already started running?",
  });
});

test("a custom status beyond 16 KB fails the instance", async () => {
  await using backend = openBackend({
    orchestrators: {
      *wordy(context) {
        context.df.setCustomStatus("x".repeat(9000));
        yield context.df.waitForExternalEvent("never");
      },
    },
  });
  const { status, output } = await backend.run("wordy");
  expect([status, output]).toEqual([
    "Failed",
    "The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. The current payload size is 17 KB.",
  ]);
});

test("a newer version than the app's stays Pending, and the log says why once", async () => {
  await using backend = openBackend({
    orchestrators: { *plain() {} },
    settings: { defaultVersion: "1.1" },
  });
  backend.operations.start({ name: "plain", id: "new", input: null, version: "1.2" });
  backend.operations.start({ name: "plain", id: "old", input: null, version: "1.0" });
  await backend.settle();
  expect(backend.instance("new").status).toBe("Pending");
  expect(backend.instance("old").status).toBe("Completed");
  expect(backend.lines).toEqual([
    "warning: Instance new (plain) stays Pending: its version '1.2' does not match the app's '1.1' (CurrentOrOlder).",
  ]);
});

test("with the failure strategy Fail a version that does not match ends the instance", async () => {
  await using backend = openBackend({
    orchestrators: { *plain() {} },
    settings: { versionMatchStrategy: "Strict", versionFailureStrategy: "Fail" },
  });
  backend.operations.start({ name: "plain", id: "other", input: null, version: "2" });
  await backend.settle();
  expect(backend.instance("other")).toMatchObject({
    status: "Failed",
    output:
      "Orchestrator function 'plain' failed: its version '2' does not match the app's '' (Strict).",
  });
});

test("no more activities run at once than the host allows", async () => {
  let running = 0;
  let most = 0;
  await using backend = openBackend({
    settings: { maxConcurrentActivities: 3 },
    orchestrators: {
      *wide(context) {
        yield context.df.Task.all(
          Array.from({ length: 10 }, () => context.df.callActivity("slow")),
        );
      },
    },
    activities: {
      async slow() {
        running += 1;
        most = Math.max(most, running);
        await backend.clock.until(backend.clock.now() + 10);
        running -= 1;
      },
    },
  });
  const { id } = await backend.run("wide");
  for (let wave = 0; wave < 4; wave += 1) await backend.advance(10);
  expect(most).toBe(3);
  expect(backend.instance(id).status).toBe("Completed");
});

test("completions that arrive together share a turn", async () => {
  let turns = 0;
  await using backend = openBackend({
    orchestrators: {
      *wide(context) {
        yield context.df.Task.all(
          Array.from({ length: 20 }, () => context.df.callActivity("slow")),
        );
      },
    },
    activities: { slow: () => backend.clock.until(backend.clock.now() + 10) },
    afterTurn: () => {
      turns += 1;
    },
  });
  await backend.run("wide");
  await backend.advance(10);
  expect(turns).toBe(2);
});

test("two children of one name keep apart, and an explicit id that still runs hangs with a warning", async () => {
  await using backend = openBackend({
    orchestrators: {
      *parent(context) {
        yield context.df.callSubOrchestrator("child", 1, "taken");
      },
      *child(context) {
        yield context.df.waitForExternalEvent("never");
      },
    },
  });
  await backend.run("child", null, "taken");
  const { id } = await backend.run("parent");
  expect(backend.instance(id).status).toBe("Running");
  expect(backend.lines).toEqual([
    `warning: Instance ${id} (parent) waits for ever: its sub-orchestration 'child' has the id taken, which another instance has that is still Running.`,
  ]);
});

test("a data folder has one host; it is free as soon as that one is gone", async () => {
  const first = openBackend({ orchestrators: { sleeper } });
  const { folder } = first;
  expect(() => openBackend({ orchestrators: { sleeper }, folder })).toThrow(
    `Another Functions host (process ${process.pid}) uses the data folder ${folder}. Stop it, or give this one another --data folder.`,
  );
  await first.close();
  await using second = openBackend({ orchestrators: { sleeper }, folder });
  expect(second.operations.list({})).toEqual([]);
});
