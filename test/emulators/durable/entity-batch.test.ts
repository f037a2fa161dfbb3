import { expect, test } from "vitest";
import { readEntityAnswer, takeEntityBatch } from "#emulators/durable/entity-batch.ts";
import type { Queued } from "#emulators/durable/store/entity-requests.ts";

const by = (instanceId: string) => ({ instanceId, executionId: "e" });

const operation = (n: number, instanceId: string): Queued => ({
  kind: "operation",
  n,
  id: `request${n}`,
  caller: by(instanceId),
  name: "add",
  input: null,
  isSignal: false,
});

const lock = (n: number, instanceId: string): Queued => ({
  kind: "lock",
  n,
  id: `request${n}`,
  caller: by(instanceId),
  lockSet: ["@account@a"],
  position: 0,
});

const release = (n: number, instanceId: string): Queued => ({
  kind: "release",
  n,
  id: `request${n}`,
  caller: by(instanceId),
});

function taken(requests: readonly Queued[], lockedBy: string | null) {
  const batch = takeEntityBatch(requests, lockedBy);
  return batch && { operations: batch.operations.map(({ n }) => n), last: batch.last?.n };
}

test("a batch goes on until the lock changes", () => {
  const requests = [operation(1, "a"), operation(2, "b"), lock(3, "a"), operation(4, "b")];
  expect(taken(requests, null)).toEqual({ operations: [1, 2], last: 3 });
  expect(taken([operation(1, "a")], null)).toEqual({ operations: [1], last: undefined });
  expect(taken([], null)).toBeUndefined();
});

test("a locked entity does only what its holder asks, in order", () => {
  const requests = [operation(1, "b"), lock(2, "b"), operation(3, "a"), release(4, "a")];
  expect(taken(requests, "a")).toEqual({ operations: [3], last: 4 });
  expect(taken(requests.slice(0, 2), "a")).toBeUndefined();
});

test("a second release by an orchestration that has ended does not wait for the next holder", () => {
  expect(taken([operation(1, "b"), release(2, "b")], "a")).toEqual({ operations: [], last: 2 });
});

test.each([undefined, "text", {}, { results: [], signals: [] }, { results: [{}] }])(
  "%o is no answer of an entity function",
  (value) => {
    expect(() => readEntityAnswer(value, 1)).toThrow(
      "The entity function returned no entity state. Register it with df.app.entity.",
    );
  },
);
