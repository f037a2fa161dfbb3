import { RetryOptions } from "durable-functions";
import { expect, test } from "vitest";
import { openBackend } from "./backend.ts";

test("what a suspended instance is told waits until it is resumed", async () => {
  await using backend = openBackend({
    orchestrators: {
      *waits(context) {
        return yield context.df.waitForExternalEvent("go");
      },
    },
  });
  const { id } = await backend.run("waits");
  expect(backend.operations.suspend(id, "a break")).toBe("accepted");
  await backend.settle();
  backend.operations.raiseEvent(id, "go", "5");
  await backend.settle();
  expect(backend.instance(id)).toMatchObject({ status: "Suspended", output: "a break" });
  expect(backend.operations.suspend(id, null)).toEqual({
    refused: `Cannot suspend the orchestration instance ${id} because instance is in the Suspended state.`,
  });
  backend.operations.resume(id, null);
  await backend.settle();
  expect(backend.instance(id)).toMatchObject({ status: "Completed", output: "5" });
});

test("a rewound instance runs its failed activity again and goes on", async () => {
  let broken = true;
  const ran: string[] = [];
  await using backend = openBackend({
    orchestrators: {
      *fragile(context) {
        const first = yield context.df.callActivity("step", "first");
        const second = yield context.df.callActivity("step", "second");
        return [first, second];
      },
    },
    activities: {
      step(input) {
        ran.push(String(input));
        if (input === "second" && broken) throw new Error("boom");
        return input;
      },
    },
  });
  const { id, status } = await backend.run("fragile");
  expect(status).toBe("Failed");
  broken = false;
  backend.operations.rewind(id, "repaired");
  await backend.settle();
  expect(backend.instance(id)).toMatchObject({ status: "Completed", output: '["first","second"]' });
  expect(ran).toEqual(["first", "second", "second"]);
});

test("an instance with a retry fails again when it is rewound", async () => {
  await using backend = openBackend({
    orchestrators: {
      *retries(context) {
        yield context.df.callActivityWithRetry("fails", new RetryOptions(1000, 2));
      },
    },
    activities: {
      fails() {
        throw new Error("boom");
      },
    },
  });
  const { id } = await backend.run("retries");
  await backend.advance(1000);
  backend.operations.rewind(id, "try");
  await backend.settle();
  const { status, output } = backend.instance(id);
  expect(status).toBe("Failed");
  expect(output).toMatch(
    /^Non-Deterministic workflow detected: .* scheduled a timer task with sequence number 1 /,
  );
});

test("a terminated instance hears nothing of what it had running", async () => {
  await using backend = openBackend({
    orchestrators: {
      *waits(context) {
        yield context.df.callActivity("slow");
      },
    },
    activities: { slow: () => backend.clock.until(backend.clock.now() + 10) },
  });
  const { id } = await backend.run("waits");
  backend.operations.terminate(id, "enough");
  await backend.settle();
  await backend.advance(10);
  expect(backend.instance(id)).toMatchObject({ status: "Terminated", output: "enough" });
});

test("an instance purged while its activity runs does not come back", async () => {
  await using backend = openBackend({
    orchestrators: {
      *waits(context) {
        yield context.df.callActivity("slow");
      },
    },
    activities: { slow: () => backend.clock.until(backend.clock.now() + 10) },
  });
  const { id } = await backend.run("waits");
  backend.operations.purge([id]);
  await backend.advance(10);
  expect(backend.operations.read(id)).toBeUndefined();
});
