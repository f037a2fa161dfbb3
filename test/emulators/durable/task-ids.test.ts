import { expect, test } from "vitest";
import { flattenActions } from "#emulators/durable/actions.ts";
import { historyEvent } from "#emulators/durable/events.ts";
import type { Task } from "#emulators/durable/store/tasks.ts";
import { numberLeaves, takeBatch } from "#emulators/durable/task-ids.ts";
import { fuzzTaskIds } from "./fuzz-task-ids.ts";

const activity = (functionName: string) => ({ actionType: 0, functionName });

test("an action met in two compounds is one leaf; an equal one is another", () => {
  const [a, twin] = [activity("a"), activity("a")];
  const any = (...compoundActions: object[]) => ({ actionType: 11, compoundActions }) as never;
  const { leaves, repeated } = flattenActions([any(a, activity("b")), any(a, twin)]);
  expect(leaves.map(({ functionName }) => functionName)).toEqual(["a", "b", "a"]);
  expect([...repeated]).toEqual([a]);
});

test("activities, sub-orchestrations and timers take numbers; waits for events do not", () => {
  const wait = { actionType: 6, externalEventName: "go" };
  const timer = { actionType: 5, fireAt: "2026-01-01T00:00:00Z" };
  const { added, nextTaskId } = numberLeaves([activity("old"), wait, timer, activity("new")], 1, 7);
  expect(added.map(({ leaf }) => [leaf.kind, leaf.name, leaf.taskId])).toEqual([
    ["event", "go", null],
    ["timer", "", 7],
    ["activity", "new", 8],
  ]);
  expect(nextTaskId).toBe(9);
});

test("a failure that is retried does not share a turn with a completion before it", () => {
  const retry = {
    attempt: 1,
    firstAt: 0,
    options: { firstRetryIntervalInMilliseconds: 1, maxNumberOfAttempts: 3 },
  };
  const call = { kind: "activity", name: "a", input: null, scheduledAt: 0 } as const;
  const tasks = new Map<number, Task>([
    [0, call],
    [1, { ...call, retry }],
    [2, { ...call, retry }],
  ]);
  const done = { taskId: 0, event: historyEvent(5, 0) };
  const [failed, failedToo] = [1, 2].map((taskId) => ({ taskId, event: historyEvent(6, 0) }));
  if (!failed || !failedToo) throw new Error("two failures");
  expect(takeBatch([failed, failedToo, done], tasks)).toEqual([failed, failedToo, done]);
  expect(takeBatch([done, failed, failedToo], tasks)).toEqual([done]);
});

test("the numbers are the SDK's own over thousands of turns of random programs", async () => {
  const { turns, mismatches } = await fuzzTaskIds(0, 180);
  expect(mismatches).toEqual([]);
  expect(turns).toBeGreaterThan(3000);
});
