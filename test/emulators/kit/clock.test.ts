import { expect, test } from "vitest";
import { ManualClock, systemClock, withDeadline } from "#emulators/kit/clock.ts";

test("a manual clock stands still until it is turned", async () => {
  const clock = new ManualClock(1_000);
  const woken: number[] = [];
  const sleepers = [3_000, 2_000].map((at) => clock.until(at).then(() => woken.push(at)));
  expect(clock.now()).toBe(1_000);

  clock.advance(999);
  await clock.until(1_999);
  expect(woken).toEqual([]);

  clock.advance(2_000);
  await Promise.all(sleepers);
  expect([clock.now(), woken]).toEqual([3_999, [2_000, 3_000]]);
});

test("what has been reached already is not waited for", async () => {
  await expect(new ManualClock(1_000).until(1_000)).resolves.toBeUndefined();
  await expect(systemClock.until(0)).resolves.toBeUndefined();
});

test.each([
  { name: "manual", clock: new ManualClock() },
  { name: "system", clock: systemClock },
])("an aborted wait on the $name clock ends at once", async ({ clock }) => {
  const stop = new AbortController();
  const waiting = clock.until(clock.now() + 2 ** 40, stop.signal);
  stop.abort();

  await expect(waiting).resolves.toBeUndefined();
  await expect(clock.until(clock.now() + 1_000, stop.signal)).resolves.toBeUndefined();
});

test("a deadline aborts what runs beside it, when its time has come and not before", async () => {
  const clock = new ManualClock(0);
  const running = withDeadline(clock, 1_000, async (signal) => {
    clock.advance(999);
    await clock.until(999);
    const before = signal.aborted;
    clock.advance(1);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return { before, reason: (signal.reason as Error).name };
  });

  await expect(running).resolves.toEqual({ before: false, reason: "TimeoutError" });
});

test("a deadline has no effect on what is done by then", async () => {
  const clock = new ManualClock(0);
  const signal = await withDeadline(clock, 1_000, async (late) => late);
  clock.advance(1_000);
  await clock.until(1_000);

  expect(signal.aborted).toBe(false);
});
