import { expect, test } from "vitest";
import { Alarm } from "#emulators/durable/alarm.ts";

/** A clock of a busy process: time has passed, but those who wait for it are told later. */
function aLateClock() {
  const sleepers = new Set<{ at: number; wake: () => void }>();
  const clock = {
    time: 0,
    now: () => clock.time,
    until: (at: number, signal?: AbortSignal) =>
      new Promise<void>((wake) => {
        sleepers.add({ at, wake });
        signal?.addEventListener("abort", () => wake());
      }),
    async tellAll() {
      for (const { at, wake } of sleepers) if (at <= clock.time) wake();
      await new Promise(setImmediate);
    },
  };
  return clock;
}

test("an alarm that is due, but has not rung yet, is not lost to a later one", async () => {
  const clock = aLateClock();
  const rung: number[] = [];
  const alarm = new Alarm(clock, () => void rung.push(clock.time));

  alarm.set(10);
  clock.time = 11;
  alarm.set(20);
  await clock.tellAll();

  expect(rung).toEqual([11]);
});

test("an alarm that is not due gives way to an earlier or later one, or to none", async () => {
  const clock = aLateClock();
  const rung: number[] = [];
  const alarm = new Alarm(clock, () => void rung.push(clock.time));

  alarm.set(10);
  alarm.set(20);
  clock.time = 15;
  await clock.tellAll();
  alarm.set(undefined);
  clock.time = 25;
  await clock.tellAll();

  expect(rung).toEqual([]);
});
