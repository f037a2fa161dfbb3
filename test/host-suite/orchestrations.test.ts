import { expect, test } from "vitest";
import { afterOthers, manage, raise, read, run, start, until, untilStatus } from "./client.ts";

test("what the code throws ends the instance", async () => {
  expect(await run("throws", { message: "boom" })).toMatchObject({
    runtimeStatus: "Failed",
    output: "Orchestrator function 'throws' failed: boom",
  });
});

test.each([
  { why: "an error without a message", name: "throws", input: { message: "" } },
  { why: "a thrown text", name: "throwsText", input: null },
  { why: "an unknown activity", name: "unknownActivity", input: null },
  { why: "an unknown sub-orchestrator", name: "unknownChild", input: null },
  { why: "a child with its parent's id", name: "childWithOwnId", input: null },
  { why: "Task.all over finished tasks", name: "allOfFinished", input: null },
])("$why leaves an instance Running for ever", async ({ name, input }) => {
  const id = await start(name, input);
  await untilStatus(id, "Running");
  expect(await afterOthers(id)).toMatchObject({ runtimeStatus: "Running", output: null });
});

test.each(["yieldsNothing", "asynchronous"])("%s fails with an explanation", async (name) => {
  const { runtimeStatus, output } = await run(name);
  expect(runtimeStatus).toBe("Failed");
  expect(output).toContain(`Orchestrator function '${name}' failed: `);
  if (name === "asynchronous") expect(output).toContain("this.generator.next is not a function");
});

test("a child's failure reaches its parent as its output and details", async () => {
  const { output } = await run("catchesChild");
  expect(output).toMatch(
    /^Orchestrator function 'throws' failed: child boom \n Message: child boom, StackTrace: {4}at /,
  );
});

test("a child's id is its parent's execution and its number, or the one that it is given", async () => {
  const { output, instanceId } = await run("childIds");
  expect(output).toEqual({
    first: { id: expect.stringMatching(/^[0-9a-f]{32}:0$/), parent: instanceId },
    named: { id: `${instanceId}-child`, parent: instanceId },
  });
});

test("the third attempt of a child has the number 4", async () => {
  expect((await run("flakyChildren")).output).toMatch(/^[0-9a-f]{32}:4$/);
});

test("a terminated child fails its parent as not deterministic", async () => {
  const id = await start("waitsForChild");
  await untilStatus(`${id}-child`, "Running");
  await manage("POST", `instances/${id}-child/terminate?reason=stop`);
  const { runtimeStatus, output } = await untilStatus(id);
  expect(runtimeStatus).toBe("Failed");
  expect(output).toMatch(/^Non-Deterministic workflow detected: .* sequence ID 0 /);
});

test("a parent's code cannot catch that its child was terminated", async () => {
  const id = await start("catchesTermination");
  await untilStatus(`${id}-child`, "Running");
  await manage("POST", `instances/${id}-child/terminate?reason=stop`);
  expect((await untilStatus(id)).runtimeStatus).toBe("Failed");
});

test("a terminated parent leaves its child Running", async () => {
  const id = await start("waitsForChild");
  await untilStatus(`${id}-child`, "Running");
  await manage("POST", `instances/${id}/terminate?reason=stop`);
  expect((await untilStatus(id)).runtimeStatus).toBe("Terminated");
  expect((await read(`${id}-child`)).runtimeStatus).toBe("Running");
});

test("of two waits for one event the latest is served first", async () => {
  const id = await start("twoWaits");
  await until(async () => ((await read(id)).customStatus === "waiting" ? true : undefined));
  await raise(id, "go", "A");
  await run("same", 1);
  await raise(id, "go", "B");
  expect((await untilStatus(id)).output).toEqual(["B", "A"]);
});

test("waits in turn get events in order, also those that came before", async () => {
  const id = await start("waitsInTurn");
  await raise(id, "go", "A");
  await raise(id, "go", "B");
  expect((await untilStatus(id)).output).toEqual(["A", "B"]);
});

test("an event in another case is never delivered, the right one is", async () => {
  const id = await start("waits");
  await raise(id, "GO", "wrong");
  expect((await afterOthers(id)).runtimeStatus).toBe("Running");
  await raise(id, "go", "right");
  expect((await untilStatus(id)).output).toBe("right");
});

test("a cancelled timer does not hold the end up, one that is left does", async () => {
  expect((await run("cancelsTimer")).output).toBe("done");
  const id = await start("leavesTimer");
  await untilStatus(id, "Running");
  expect((await read(id)).runtimeStatus).toBe("Running");
  expect(await untilStatus(id)).toMatchObject({ runtimeStatus: "Completed", output: "done" });
});

test("an activity that is left holds the end up, a timer that is left holds up also a failure", async () => {
  const waiting = await start("leavesActivity");
  const failing = await start("throwsBesideTimer");
  for (const id of [waiting, failing]) await untilStatus(id, "Running");
  expect((await afterOthers(waiting)).runtimeStatus).toBe("Running");
  expect((await read(failing)).runtimeStatus).toBe("Running");
  expect(await untilStatus(waiting)).toMatchObject({ runtimeStatus: "Completed", output: "done" });
  expect(await untilStatus(failing)).toMatchObject({
    runtimeStatus: "Failed",
    output: "Orchestrator function 'throwsBesideTimer' failed: boom",
  });
});

test("a timer or an activity that is never awaited is never scheduled", async () => {
  const { instanceId, output } = await run("yieldsNeither");
  expect(output).toBe("done");
  const input = { key: instanceId, failures: 0 };
  expect((await run("callOne", { name: "flaky", input })).output).toEqual({ run: 1 });
});

test("Task.any ignores a task that has already finished", async () => {
  const id = await start("anyOfFinished");
  await untilStatus(id, "Running");
  expect((await afterOthers(id)).runtimeStatus).toBe("Running");
  await raise(id, "go", "the event");
  expect((await untilStatus(id)).output).toBe("the event");
});

test("a replay that calls something else is not deterministic", async () => {
  const { runtimeStatus, output } = await run("changesItsMind");
  expect(runtimeStatus).toBe("Failed");
  expect(output).toMatch(
    /^Non-Deterministic workflow detected: .*activity task with sequence number 0 named 'echo', but the current orchestration replay instead scheduled .*'kindOf'/,
  );
});

test("a race over a fan-out of an activity and a child ends with both", async () => {
  expect((await run("waitsWithMany")).output).toEqual([1, 2]);
});

test("continueAsNew starts over under the same id", async () => {
  const { output, input } = await run("startsOver", { left: 3 });
  expect({ output, input }).toEqual({ output: { left: 0 }, input: { left: 0 } });
});

test("what was told before continueAsNew is lost; the custom status stays until a later turn", async () => {
  const id = await start("startsOverAfterWait", { round: 1 });
  const told = (at: number) =>
    until(async () => {
      const { input, customStatus, createdTime } = await read(id);
      const round = (input as { round: number }).round;
      return round === at && customStatus === "old" ? createdTime : undefined;
    });
  const created = await told(1);
  await raise(id, "spare", "early");
  // Times are told to the second.
  await run("callOne", { name: "slow", input: { ms: 1_100 } });
  await raise(id, "go", 1);
  expect(Date.parse(await told(2))).toBeGreaterThan(Date.parse(created));
  expect(await afterOthers(id)).toMatchObject({ runtimeStatus: "Running", customStatus: "old" });
  await raise(id, "spare", "late");
  expect(await untilStatus(id)).toMatchObject({ output: "late", customStatus: null });
});

test.each([
  { value: "str", seen: { type: "string", value: '"str"' } },
  { value: "", seen: { type: "string", value: '""' } },
  { value: 5, seen: { type: "number", value: 5 } },
  { value: false, seen: { type: "boolean", value: false } },
  { value: [1], seen: { type: "object", value: [1] } },
  { value: { a: 1 }, seen: { type: "object", value: { a: 1 } } },
  { value: null, seen: { type: "object", value: null } },
])("$value given to continueAsNew arrives as $seen.value", async ({ value, seen }) => {
  expect((await run("startsOverWith", { next: { value } })).output).toEqual(seen);
});

test("a turn that sets no custom status clears the one before", async () => {
  const id = await start("showsStatus", { first: { stage: 1 } });
  const shows = (wanted: unknown) =>
    until(async () => {
      const { runtimeStatus, customStatus } = await read(id);
      const isThere = JSON.stringify(customStatus) === JSON.stringify(wanted);
      return runtimeStatus === "Running" && isThere ? true : undefined;
    });
  await shows({ stage: 1 });
  await raise(id, "go", 1);
  await shows(null);
  await raise(id, "go", 2);
  expect((await untilStatus(id)).customStatus).toBeNull();
});

test("a custom status of more than 16 KB fails the instance", async () => {
  const { runtimeStatus, output } = await run("bigStatus");
  expect(runtimeStatus).toBe("Failed");
  expect(output).toContain(
    "The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. The current payload size is 17 KB.",
  );
});

test("a result of a megabyte and an input of three come back whole", async () => {
  const text = "x".repeat(1024 * 1024);
  expect((await run("callOne", { name: "echo", input: { text } })).output).toEqual({ text });
  const input = { text: "y".repeat(3 * 1024 * 1024) };
  expect(await run("same", input)).toMatchObject({ input, output: input });
});
