import { RetryOptions } from "durable-functions";
import { expect, test } from "vitest";
import { ManualClock } from "#emulators/kit/clock.ts";
import { openBackend } from "./backend.ts";

test("a retry waits longer each time, up to the longest interval", async () => {
  const runs: number[] = [];
  const clock = new ManualClock(0);
  await using backend = openBackend({
    clock,
    orchestrators: {
      *patient(context) {
        const options = new RetryOptions(1000, 4);
        options.backoffCoefficient = 3;
        options.maxRetryIntervalInMilliseconds = 5000;
        yield context.df.callActivityWithRetry("fails", options);
      },
    },
    activities: {
      fails() {
        runs.push(clock.now());
        throw new Error("boom");
      },
    },
  });
  const { id } = await backend.run("patient");
  for (let second = 0; second < 12; second += 1) await backend.advance(1000);
  expect(runs).toEqual([0, 1000, 4000, 9000]);
  expect(backend.instance(id).status).toBe("Failed");
});

test("past the retry timeout nothing runs any more, and the failure arrives", async () => {
  let runs = 0;
  await using backend = openBackend({
    orchestrators: {
      *hurried(context) {
        const options = new RetryOptions(1000, 100);
        options.retryTimeoutInMilliseconds = 1500;
        yield context.df.callActivityWithRetry("fails", options);
      },
    },
    activities: {
      fails() {
        runs += 1;
        throw new Error("boom");
      },
    },
  });
  const { id } = await backend.run("hurried");
  await backend.advance(1000);
  await backend.advance(1000);
  for (let round = 0; round < 10; round += 1) await backend.settle();
  expect(runs).toBe(3);
  expect(backend.instance(id).status).toBe("Failed");
});
