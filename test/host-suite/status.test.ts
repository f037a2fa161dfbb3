import { expect, test } from "vitest";
import {
  answerOf,
  client,
  HOST,
  manage,
  newId,
  raise,
  read,
  run,
  start,
  until,
  untilStatus,
} from "./client.ts";

test("a status has its fields in order, and says where to look again while it is not final", async () => {
  const id = await start("waits", { a: 1 });
  await untilStatus(id, "Running");
  const response = await manage("GET", `instances/${id}?showInput=false`);
  expect(response.status).toBe(202);
  expect(response.headers.get("retry-after")).toBe("5");
  expect(response.headers.get("location")).toBe(
    `${HOST}/runtime/webhooks/durabletask/instances/${id}?showInput=false`,
  );
  expect(await response.text()).toMatch(
    new RegExp(
      `^\\{"name":"waits","instanceId":"${id}","runtimeStatus":"Running","input":null,"customStatus":null,"output":null,"createdTime":"[-0-9]{10}T[0-9:]{8}Z","lastUpdatedTime":"[-0-9]{10}T[0-9:]{8}Z"\\}$`,
    ),
  );
});

test("a final status is 200, that of an unknown instance an empty 404", async () => {
  const { instanceId } = await run("same", 1);
  expect((await manage("GET", `instances/${instanceId}`)).status).toBe(200);
  expect(await answerOf(await manage("GET", `instances/${newId("none")}`))).toEqual([404, ""]);
});

test("a failure is 200, or 500 for who asks for that", async () => {
  const { instanceId } = await run("throws", { message: "boom" });
  expect((await manage("GET", `instances/${instanceId}`)).status).toBe(200);
  const query = "returnInternalServerErrorOnFailure=true";
  expect((await manage("GET", `instances/${instanceId}?${query}`)).status).toBe(500);
});

test.each([
  { name: "same", input: "5", output: "5" },
  { name: "same", input: { a: [1] }, output: { a: [1] } },
  { name: "returnsText", input: null, output: '{"a":1}' },
  { name: "returnsNothing", input: null, output: null },
])("$name of $input ends with $output", async ({ name, input, output }) => {
  expect(await run(name, input)).toMatchObject({ input, output });
});

test("the output of a suspended instance is the reason", async () => {
  const id = await start("waits");
  await untilStatus(id, "Running");
  await manage("POST", `instances/${id}/suspend?reason=sus`);
  expect((await untilStatus(id, "Suspended")).output).toBe("sus");
  expect((await manage("GET", `instances/${id}`)).status).toBe(202);
  await manage("POST", `instances/${id}/resume?reason=res`);
  await untilStatus(id, "Running");
});

test("an instance that the SDK's client terminates without a reason has a status that is not JSON", async () => {
  const id = await start("waits");
  await untilStatus(id, "Running");
  await client("terminate", id);
  const text = await until(async () => {
    const body = await (await manage("GET", `instances/${id}`)).text();
    return body.includes('"Terminated"') ? body : undefined;
  });
  expect(text).toContain('"output":undefined,');
  // The SDK's client then takes the list, or the page with it, for a text.
  const list = [(await client("getStatusAll")).result].flat();
  expect(list).toContainEqual(expect.any(String));
  await manage("DELETE", `instances/${id}`);
});

test("the history hides turns and folds a task's beginning into its end", async () => {
  const { instanceId } = await run("callOne", { name: "echo", input: { n: 3 } });
  const history = async (query: string) =>
    (await read(instanceId, `?showHistory=true${query}`)).historyEvents ?? [];
  const [started, completed, ended] = await history("&showHistoryOutput=true");
  expect(started).toMatchObject({ EventType: "ExecutionStarted", FunctionName: "callOne" });
  expect(completed).toMatchObject({
    EventType: "TaskCompleted",
    Timestamp: expect.stringMatching(/Z$/),
    Result: { n: 3 },
    ScheduledTime: expect.stringMatching(/\+00:00$/),
    FunctionName: "echo",
    Input: null,
  });
  for (const field of ["Correlation", "ScheduledStartTime", "Generation", "GenerateNewTrace"])
    expect(started).toHaveProperty(field);
  for (const hidden of ["Name", "OrchestrationInstance", "ParentInstance", "Version", "Tags"])
    expect(started).not.toHaveProperty(hidden);
  for (const hidden of ["EventId", "IsPlayed", "TaskScheduledId"])
    expect(completed).not.toHaveProperty(hidden);
  expect(ended).toMatchObject({
    EventType: "ExecutionCompleted",
    OrchestrationStatus: "Completed",
    Result: { n: 3 },
    FailureDetails: null,
  });
  expect((await history("&showInput=false"))[0]).not.toHaveProperty("Input");
  expect((await history(""))[1]).not.toHaveProperty("Result");
});

test("the history keeps a timer's beginning and its end", async () => {
  const { instanceId } = await run("leavesTimer");
  const { historyEvents = [] } = await read(instanceId, "?showHistory=true");
  const kinds = historyEvents.map(({ EventType }) => EventType);
  expect(kinds).toEqual(
    expect.arrayContaining([
      "ExecutionStarted",
      "TimerCreated",
      "TaskCompleted",
      "TimerFired",
      "ExecutionCompleted",
    ]),
  );
  expect(kinds).toHaveLength(5);
  const fired = historyEvents.find(({ EventType }) => EventType === "TimerFired");
  expect(fired).toHaveProperty("FireAt");
  expect(fired).not.toHaveProperty("TimerId");
});

test("suspending and resuming appear in the history with their reasons", async () => {
  const id = await start("waits");
  await untilStatus(id, "Running");
  await manage("POST", `instances/${id}/suspend?reason=one`);
  await untilStatus(id, "Suspended");
  await manage("POST", `instances/${id}/resume?reason=two`);
  await untilStatus(id, "Running");
  await raise(id, "go", 1);
  await untilStatus(id, "Completed");
  const { historyEvents = [] } = await read(id, "?showHistory=true&showInput=true");
  const told = historyEvents.filter(({ EventType }) => /Suspended|Resumed/.test(String(EventType)));
  expect(told).toMatchObject([
    { EventType: "ExecutionSuspended", Reason: "one" },
    { EventType: "ExecutionResumed", Reason: "two" },
  ]);
  const raised = historyEvents.find(({ EventType }) => EventType === "EventRaised");
  expect(raised).toMatchObject({ Name: "go" });
  expect(raised).toHaveProperty("Input");
  const { historyEvents: hidden = [] } = await read(id, "?showHistory=true&showInput=false");
  for (const event of hidden) expect(event).not.toHaveProperty("Input");
});

test("the SDK's client shows no history", async () => {
  const { instanceId } = await run("same", 1);
  const { result } = await client("getStatus", instanceId, { showHistory: true });
  expect(result).toMatchObject({ name: "same", runtimeStatus: "Completed", output: 1 });
  expect(result).not.toHaveProperty("history");
  expect(result).not.toHaveProperty("historyEvents");
});
