import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { HostStore } from "#emulators/functions-host/host-store.ts";
import { createLog } from "#emulators/functions-host/log.ts";
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

/** Starts a timer on this clock; what it is run with is collected. */
function startTimer(clock: ManualClock, schedule: string) {
  const runs: { IsPastDue: boolean; ScheduleStatus: unknown }[] = [];
  const binding = { type: "timerTrigger", direction: "in", schedule } as const;
  const metadata = { name: "tick", bindings: { t: binding } };
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
      resolve: (text) => text,
      run: async (_registered, { data }) => {
        runs.push(JSON.parse(data?.json ?? "null"));
        return { kind: "returned", result: undefined, returnValue: undefined };
      },
    },
  );
  timer.start();
  return { runs, stop: () => timer.stop(Promise.resolve()) };
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
