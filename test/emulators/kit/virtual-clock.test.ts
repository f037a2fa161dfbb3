import { setImmediate as nextRound } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { VirtualClock } from "#emulators/kit/virtual-clock.ts";

let clock: VirtualClock;
let seen: string[];

beforeEach(() => {
  clock = new VirtualClock(0);
  seen = [];
});

/** Something real that takes the event loop a while. */
async function toil(name: string) {
  for (let round = 0; round < 50; round += 1) await nextRound();
  seen.push(`${name} at ${clock.now()}`);
}

function sleeper(name: string, at: number) {
  void clock.until(at).then(() => seen.push(`${name} at ${clock.now()}`));
}

test("time stands still unless it is let pass, and then stops at every sleeper, in order of time and of falling asleep", async () => {
  sleeper("late", 3_000);
  sleeper("one", 1_000);
  sleeper("another", 1_000);
  sleeper("too late", 3_001);
  await toil("real work");
  await clock.advance(3_000);

  expect(seen).toEqual(["real work at 0", "one at 1000", "another at 1000", "late at 3000"]);
  expect(clock.now()).toBe(3_000);
});

test("what has been reached is not waited for, and a fraction of a millisecond is a whole one", async () => {
  await clock.until(0);
  sleeper("fraction", 10.2);
  await clock.advance(11);

  expect(seen).toEqual(["fraction at 11"]);
});

test("time does not go on while work is under way", async () => {
  sleeper("sleeper", 10);
  void clock.work("work", () => toil("work"));
  await clock.advance(10);

  expect(seen).toEqual(["work at 0", "sleeper at 10"]);
});

test("work that pauses lets time go on, and holds it again when it wakes", async () => {
  sleeper("sleeper", 11);
  void clock.work("work", async () => {
    await clock.pause(10);
    await toil("work");
  });
  await clock.advance(20);

  expect(seen).toEqual(["work at 10", "sleeper at 11"]);
});

test("a deadline beside work is no pause", async () => {
  void clock.work("work", async () => {
    sleeper("deadline", 10);
    await toil("work");
  });
  await clock.advance(10);

  expect(seen).toEqual(["work at 0", "deadline at 10"]);
});

test("what one sleeper begins is done before the next one wakes", async () => {
  for (const name of ["one", "two"]) {
    void clock.until(10).then(() => clock.work(name, () => toil(name)));
  }
  sleeper("three", 10);
  await clock.advance(10);

  expect(seen).toEqual(["one at 10", "two at 10", "three at 10"]);
});

test("work that leaves more work to the event loop, again and again, is waited for", async () => {
  sleeper("sleeper", 1);
  const leave = (left: number) => {
    if (left === 0) seen.push(`left at ${clock.now()}`);
    else void clock.work("short", async () => void setImmediate(leave, left - 1));
  };
  leave(20);
  await clock.advance(1);

  expect(seen).toEqual(["left at 0", "sleeper at 1"]);
});

test("a part that pauses is a pause of the whole, unless another part goes on", async () => {
  sleeper("sleeper", 5);
  void clock.work("whole", async () => {
    await Promise.all([
      clock.work("one", () => clock.pause(10)),
      clock.work("two", () => toil("two")),
    ]);
    await toil("whole");
  });
  sleeper("late", 11);
  await clock.advance(20);

  expect(seen).toEqual(["two at 0", "sleeper at 5", "whole at 10", "late at 11"]);
});

test("work apart from the one that starts it does not pause that one", async () => {
  sleeper("sleeper", 5);
  void clock.work("starter", async () => {
    void clock.work("apart", () => clock.pause(10), { within: null });
    await toil("starter");
  });
  await clock.advance(5);

  expect(seen).toEqual(["starter at 0", "sleeper at 5"]);
});

test("whoever waits for an answer pauses with the one that answers, and goes on when he gives up", async () => {
  sleeper("sleeper", 5);
  sleeper("late", 11);
  void clock.work("asking", async () => {
    const request = clock.begin("request");
    void clock.work("answering", () => clock.pause(100), { within: request.id });
    await clock.until(10);
    request.end();
    await toil("asking");
  });
  await clock.advance(20);

  expect(seen).toEqual(["sleeper at 5", "asking at 10", "late at 11"]);
});

test("a request whose answer nobody reads ends with the work that sent it", async () => {
  void clock.work("asking", async () => void clock.begin("request"));
  sleeper("sleeper", 10);
  await clock.advance(10);

  expect(seen).toEqual(["sleeper at 10"]);
});

test("a pause that is broken off holds time from then on", async () => {
  const stop = new AbortController();
  sleeper("sleeper", 11);
  void clock.work("work", async () => {
    await clock.pause(100, stop.signal);
    await toil("work");
  });
  void clock.until(10).then(() => stop.abort());
  await clock.advance(20);
  await clock.pause(1_000, stop.signal);

  expect(seen).toEqual(["work at 10", "sleeper at 11"]);
});

test("work that fails lets time go on, and its failure through", async () => {
  const failing = clock.work("work", () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  sleeper("sleeper", 10);
  await clock.advance(10);

  expect(seen).toEqual(["sleeper at 10"]);
});

test("two who let time pass at once let it pass one after the other", async () => {
  sleeper("sleeper", 15);
  await Promise.all([clock.advance(10), clock.advance(10)]);

  expect([clock.now(), seen]).toEqual([20, ["sleeper at 15"]]);
});

test("work without end is named instead of waited for", async () => {
  const impatient = new VirtualClock(0, { stuckMs: 10 });
  const end = Promise.withResolvers<void>();
  const working = impatient.work("run endless", () => end.promise);
  await expect(impatient.advance(5)).rejects.toThrow(
    "Time cannot go on: for 0.01 s there was no end to run endless.",
  );
  end.resolve();
  await working;
  await impatient.advance(5);

  expect(impatient.now()).toBe(5);
});

test.each([Number.NaN, -1, Number.POSITIVE_INFINITY])("time does not go on by %s", async (ms) => {
  await expect(clock.advance(ms)).rejects.toThrow(
    `Time goes on by a number of milliseconds, 0 or more, not by ${ms}.`,
  );
});
