import { RetryOptions } from "durable-functions";
import { expect, test } from "vitest";
import { flattenActions } from "#emulators/durable/actions.ts";
import { historyEvent } from "#emulators/durable/events.ts";
import type { Task } from "#emulators/durable/store/tasks.ts";
import { numberLeaves, takeBatch } from "#emulators/durable/task-ids.ts";
import { openBackend } from "./backend.ts";
import type { Orchestrator } from "./sdk-worker.ts";

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

/** A small generator of numbers, so that a failing program can be run again. */
function dice(seed: number) {
  let state = seed;
  return (sides: number) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** A random program of activities, retries, timers, children and compounds; the same on every replay. */
function randomProgram(seed: number): Orchestrator {
  return function* program(context) {
    const roll = dice(seed);
    const { df } = context;
    const kinds = [
      () => df.callActivity("work", { ms: roll(40), fails: false }),
      () =>
        df.callActivityWithRetry("work", new RetryOptions(5, 1 + roll(3)), {
          ms: roll(30),
          fails: roll(2) === 0,
        }),
      () => df.createTimer(new Date(df.currentUtcDateTime.getTime() + roll(40))),
      () => df.callSubOrchestrator("child", { ms: roll(30) }),
    ];
    const atom = () => {
      const make = kinds[roll(kinds.length)];
      if (!make) throw new Error("no kind");
      return make();
    };
    let kept: ReturnType<typeof atom> | undefined;
    const race = (atoms: readonly ReturnType<typeof atom>[]) => {
      // A task that may be unfinished is awaited again in the next race.
      const again = kept && !kept.isCompleted && !kept.isFaulted ? [kept] : [];
      kept = atoms[0];
      return df.Task.any([...atoms, ...again]);
    };
    for (let step = 0; step < 5; step += 1) {
      const atoms = Array.from({ length: 1 + roll(4) }, atom);
      const [only] = atoms;
      try {
        if (only && atoms.length === 1) yield only;
        else yield roll(2) === 0 ? df.Task.all(atoms) : race(atoms);
      } catch {
        // A failed step is part of the program.
      }
    }
    return "done";
  };
}

test("the numbers are the SDK's own over thousands of turns of random programs", async () => {
  const PROGRAMS = 250;
  const sdkNumbers = new Map<string, number>();
  let turns = 0;
  const programs = Array.from({ length: PROGRAMS }, (_, seed) => [
    `program${seed}`,
    randomProgram(seed),
  ]);
  await using backend = openBackend({
    orchestrators: {
      ...Object.fromEntries(programs),
      *child(context) {
        const { ms } = context.df.getInput() as { ms: number };
        return yield context.df.callActivity("work", { ms, fails: false });
      },
    },
    activities: {
      async work(input) {
        const { ms, fails } = input as { ms: number; fails: boolean };
        await backend.clock.until(backend.clock.now() + ms);
        if (fails) throw new Error("boom");
        return ms;
      },
    },
    afterTurn(id, { taskOrchestratorExecutor }) {
      turns += 1;
      const { sequenceNumber, orchestratorReturned } = taskOrchestratorExecutor;
      // Once the code has returned the SDK looks at nothing more, while retries still go on.
      if (orchestratorReturned) sdkNumbers.delete(id);
      else sdkNumbers.set(id, sequenceNumber);
    },
    settings: { maxConcurrentActivities: 100_000 },
  });
  const ids = programs.map(([name]) => String(name));
  for (const id of ids) {
    backend.operations.start({ name: id, id, input: null });
  }
  await backend.settle();
  for (let step = 0; step < 150; step += 1) {
    await backend.advance(4);
    for (const id of ids) {
      const expected = sdkNumbers.get(id);
      if (expected === undefined) continue;
      expect([id, backend.instance(id).nextTaskId]).toEqual([id, expected]);
    }
    if (ids.every((id) => backend.instance(id).status !== "Running")) break;
  }
  expect(ids.filter((id) => backend.instance(id).output !== '"done"')).toEqual([]);
  expect(turns).toBeGreaterThan(3000);
});
