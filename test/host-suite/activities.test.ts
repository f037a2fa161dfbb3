import { expect, test } from "vitest";
import { newId, read, run } from "./client.ts";

const callOne = (name: string, input?: unknown) => run("callOne", { name, input });

test.each([
  { input: true, type: "string", value: "True" },
  { input: false, type: "string", value: "False" },
  { input: null, type: "undefined", value: "undefined" },
  { input: undefined, type: "undefined", value: "undefined" },
  { input: 0, type: "number", value: 0 },
  { input: 1.5, type: "number", value: 1.5 },
  { input: -3, type: "number", value: -3 },
  { input: "", type: "string", value: "" },
  { input: "5", type: "string", value: "5" },
  { input: "true", type: "string", value: "true" },
  { input: "null", type: "string", value: "null" },
  { input: '{"a":1}', type: "string", value: '{"a":1}' },
  { input: { a: [1] }, type: "object", value: { a: [1] } },
  { input: [1, "2"], type: "object", value: [1, "2"] },
])("an activity sees the input $input as $type", async ({ input, type, value }) => {
  expect((await callOne("kindOf", input)).output).toEqual({ type, value });
});

test("a date reaches an activity as its text", async () => {
  const { output } = await run("callsWithDate");
  expect(output).toEqual({ type: "string", value: "1970-01-01T00:00:00.000Z" });
});

test.each([
  { what: "nan", output: "NaN" },
  { what: "bytes", output: "aGk=" },
  { what: "text", output: "5" },
  { what: "json", output: '{"a":1}' },
  { what: "empty", output: "" },
  { what: "nothing", output: null },
  { what: "nil", output: null },
  { what: "half", output: 0.5 },
  { what: "yes", output: true },
  { what: "list", output: [1, "2"] },
  { what: "big", output: 10_000_000_000 },
])("an activity's result $what comes back as $output", async ({ what, output }) => {
  expect((await callOne("returns", { what })).output).toEqual(output);
});

test("an activity is told who calls it and the members of its input", async () => {
  const input = { n: 7, more: { a: 1 } };
  const { output, instanceId } = await callOne("metadata", input);
  expect(output).toMatchObject({ instanceId, ...input, data: input });
  const binding = Object.entries(output as object).find(([key]) => /^activityTrigger/.test(key));
  expect(binding?.[1]).toEqual(input);
});

test("an activity's failure has a reason with two spaces and the exception as JSON", async () => {
  const { output } = await run("catchesActivity");
  expect(output).toMatch(
    /^Activity function 'fails' failed: {2}boom \n \{"\$type":"System\.Exception, System\.Private\.CoreLib","ClassName":"System\.Exception","Message":" boom"/,
  );
});

test("an activity's failure is told in full: the exception holds that of the worker", async () => {
  const { output, instanceId } = await callOne("fails", { message: "boom" });
  const [, json = ""] = String(output).split(" \n ");
  const exception = JSON.parse(json) as { readonly InnerException: unknown };
  expect(Object.keys(exception).slice(0, 5)).toEqual([
    "$type",
    "ClassName",
    "Message",
    "Data",
    "InnerException",
  ]);
  expect(exception).toMatchObject({ Message: " boom", Data: null });
  expect(JSON.stringify(exception.InnerException)).toMatch(/RpcException.*boom/);
  const { historyEvents = [] } = await read(instanceId, "?showHistory=true");
  const failure = historyEvents.find(({ EventType }) => EventType === "TaskFailed");
  expect(failure).toMatchObject({
    Reason: "Activity function 'fails' failed:  boom",
    Details: json,
    FailureDetails: null,
    FunctionName: "fails",
  });
});

test("an uncaught failure of an activity ends the instance with its text", async () => {
  const { runtimeStatus, output } = await callOne("fails", { message: "boom" });
  expect(runtimeStatus).toBe("Failed");
  expect(output).toMatch(
    /^Orchestrator function 'callOne' failed: Activity function 'fails' failed: {2}boom \n \{/,
  );
});

test("a failure without a message has only the reason", async () => {
  const { output } = await callOne("fails", { message: "" });
  expect(output).toMatch(
    /^Orchestrator function 'callOne' failed: Activity function 'fails' failed: {4}\n /,
  );
});

test("a retried activity ends with the attempt that succeeds, or fails as its last one", async () => {
  const key = newId("retried");
  expect((await run("retries", { key, failures: 2, attempts: 3 })).output).toEqual({ run: 3 });
  const lost = { key: newId("lost"), failures: 9, attempts: 2 };
  expect((await run("retries", lost)).output).toEqual({
    failed: "Activity function 'flaky' failed:  boom 2",
  });
});

test("a fan-out keeps its order", async () => {
  const { output } = await run("fanOut", { wide: 30 });
  expect(output).toEqual(Array.from({ length: 30 }, (_, n) => n));
});
