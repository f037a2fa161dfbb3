import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { HostStore } from "#emulators/functions-host/host-store.ts";
import { createLog } from "#emulators/functions-host/log.ts";
import { retryPolicyOf } from "#emulators/functions-host/retry-policy.ts";
import { TimerTrigger } from "#emulators/functions-host/timer-trigger.ts";
import { ManualClock } from "#emulators/kit/clock.ts";

let folder: string;
let store: HostStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "timers-"));
  store = new HostStore(folder);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

interface TimerRun {
  readonly IsPastDue: boolean;
  readonly ScheduleStatus: unknown;
}

/** Starts a timer on this clock; what it is run with is collected. With a retry policy, every run fails. */
function startTimer(clock: ManualClock, schedule: string, retryOptions?: unknown) {
  const runs: TimerRun[] = [];
  const retries: unknown[] = [];
  const binding = { type: "timerTrigger", direction: "in", schedule } as const;
  const metadata = { name: "tick", bindings: { t: binding }, retryOptions };
  const trigger = { name: "t", binding };
  const timer = new TimerTrigger(
    { name: "tick", metadata, trigger, callback: () => undefined },
    {
      store,
      clock,
      log: createLog(
        () => {},
        () => clock.now(),
      ),
      environment: {},
      resolve: (text) => text,
      run: async (_registered, { data, retryContext }) => {
        runs.push(JSON.parse(data?.json ?? "null"));
        retries.push(retryContext);
        if (retryOptions) {
          return { kind: "threw", message: "boom", stack: "at", context: undefined };
        }
        return { kind: "returned", result: undefined, returnValue: undefined };
      },
    },
  );
  timer.start();
  return { runs, retries, stop: () => timer.stop(Promise.resolve()) };
}

const turn = async (clock: ManualClock, ms: number) => {
  clock.advance(ms);
  for (let round = 0; round < 5; round += 1) await new Promise(setImmediate);
};

test("a timer runs at its times, and is told the last and the next", async () => {
  const clock = new ManualClock(Date.parse("2026-01-01T00:00:30Z"));
  const { runs, stop } = startTimer(clock, "0 */5 * * * *");
  await turn(clock, 4 * 60_000);
  expect(runs).toEqual([]);
  await turn(clock, 30_000);
  await turn(clock, 5 * 60_000);
  expect(runs).toEqual([
    {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: "0001-01-01T00:00:00+00:00",
        Next: "2026-01-01T00:05:00.000+00:00",
        LastUpdated: "0001-01-01T00:00:00+00:00",
      },
      IsPastDue: false,
    },
    {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: "2026-01-01T00:05:00.000+00:00",
        Next: "2026-01-01T00:10:00.000+00:00",
        LastUpdated: "2026-01-01T00:05:00.000+00:00",
      },
      IsPastDue: false,
    },
  ]);
  await stop();
});

test("times missed while nobody ran are made up for once", async () => {
  const clock = new ManualClock(Date.parse("2026-01-01T00:00:30Z"));
  await startTimer(clock, "0 */5 * * * *").stop();
  clock.advance(60 * 60_000);
  const { runs, stop } = startTimer(clock, "0 */5 * * * *");
  await turn(clock, 0);
  expect(runs.map(({ IsPastDue }) => IsPastDue)).toEqual([true]);
  await stop();
});

test("a schedule below a minute is not kept", async () => {
  const clock = new ManualClock(0);
  const { runs, stop } = startTimer(clock, "*/10 * * * * *");
  await turn(clock, 10_000);
  expect(runs.map(({ ScheduleStatus }) => ScheduleStatus)).toEqual([null]);
  expect(store.timer("tick")).toBeUndefined();
  await stop();
});

const boom = { source: "", message: "boom", stackTrace: "at" };

test("a failing timer is retried as its policy says, and then runs at its next time", async () => {
  const clock = new ManualClock(Date.parse("2026-01-01T00:00:00Z"));
  const policy = { strategy: "fixedDelay", maxRetryCount: 2, delayInterval: { seconds: 10 } };
  const { retries, stop } = startTimer(clock, "0 */5 * * * *", policy);
  await turn(clock, 300_000);
  await turn(clock, 9_999);
  expect(retries).toEqual([undefined]);
  await turn(clock, 1);
  await turn(clock, 10_000);
  await turn(clock, 60_000);
  expect(retries).toEqual([
    undefined,
    { retryCount: 1, maxRetryCount: 2, exception: boom },
    { retryCount: 2, maxRetryCount: 2, exception: boom },
  ]);
  await turn(clock, 220_000);
  expect(retries.slice(3)).toEqual([undefined]);
  await stop();
});

test("an exponential delay doubles up to its maximum, and -1 never ends", async () => {
  const clock = new ManualClock(Date.parse("2026-01-01T00:00:00Z"));
  const { retries, stop } = startTimer(clock, "0 0 * * * *", {
    strategy: "exponentialBackoff",
    maxRetryCount: -1,
    minimumInterval: { seconds: 1 },
    maximumInterval: { seconds: 4 },
  });
  await turn(clock, 3_600_000);
  for (const seconds of [1, 2, 4, 4, 4]) {
    const before = retries.length;
    await turn(clock, seconds * 1_000 - 1);
    expect(retries).toHaveLength(before);
    await turn(clock, 1);
    expect(retries).toHaveLength(before + 1);
  }
  await stop();
});

test.each([
  { options: { strategy: "never", maxRetryCount: 1 }, message: 'its retry.strategy is "never"' },
  { options: { strategy: "fixedDelay", maxRetryCount: -2 }, message: "its retry.maxRetryCount" },
  { options: { strategy: "fixedDelay" }, message: "its retry.maxRetryCount" },
])("the policy $options cannot be read", ({ options, message }) => {
  const metadata = { name: "tick", bindings: {}, retryOptions: options };
  expect(() => retryPolicyOf(metadata)).toThrow(message);
});
