import { afterAll, beforeAll, expect, test } from "vitest";
import {
  DURABLE,
  type HostProcess,
  runToEnd,
  startHost,
  startInstance,
  untilStatus,
} from "./host-process.ts";

let host: HostProcess;
beforeAll(async () => {
  host = await startHost();
});
afterAll(() => host[Symbol.asyncDispose]());

const callOne = (name: string, input: unknown) => runToEnd(host, "callOne", { name, input });

test("an orchestration fans out, waits, calls a child and ends, started through the SDK's client", async () => {
  const started = await host.call("POST", "/api/start/greet/greeting", { who: "me" });
  expect(started.status).toBe(202);
  const { statusQueryGetUri } = (await started.json()) as { statusQueryGetUri: string };
  expect(statusQueryGetUri.startsWith(`${host.url}${DURABLE}/instances/greeting?`)).toBe(true);

  const status = await untilStatus(host, "greeting", "Completed");
  expect(status).toMatchObject({
    name: "greet",
    instanceId: "greeting",
    input: { who: "me" },
    customStatus: { stage: "last" },
    output: {
      input: { who: "me" },
      squares: [1, 4, 9],
      waited: true,
      child: { id: expect.stringMatching(/^[0-9a-f]{32}:4$/), doubled: 42 },
      version: "1.0.0",
    },
  });
});

test.each([
  { input: true, type: "string", value: "True" },
  { input: false, type: "string", value: "False" },
  { input: null, type: "undefined", value: "undefined" },
  { input: 1.5, type: "number", value: 1.5 },
  { input: "5", type: "string", value: "5" },
  { input: "", type: "string", value: "" },
  { input: '{"a":1}', type: "string", value: '{"a":1}' },
  { input: { a: [1] }, type: "object", value: { a: [1] } },
])("an activity sees the input $input as $type", async ({ input, type, value }) => {
  const { output } = await callOne("kindOf", input);
  expect(output).toEqual({ type, value });
});

test.each([
  { what: "nan", output: "NaN" },
  { what: "bytes", output: "aGk=" },
  { what: "text", output: "5" },
  { what: "nothing", output: null },
  { what: "half", output: 0.5 },
])("an activity's result $what comes back as $output", async ({ what, output }) => {
  expect((await callOne("returns", { what })).output).toBe(output);
});

test("an activity is told who calls it and the members of its input", async () => {
  const { output, instanceId } = await callOne("whoCalls", { n: 7, more: { a: 1 } });
  expect(output).toMatchObject({ instanceId, n: 7, more: { a: 1 }, data: { n: 7 } });
});

test("an activity's failure ends the instance with the extension's words", async () => {
  const { runtimeStatus, output } = await callOne("fails", { message: "boom" });
  expect(runtimeStatus).toBe("Failed");
  expect(output).toMatch(
    /^Orchestrator function 'callOne' failed: Activity function 'fails' failed: {2}boom \n \{"\$type":"System\.Exception/,
  );
});

test("a retried activity ends with the attempt that succeeds", async () => {
  const retried = await runToEnd(host, "retries", { failures: 2, attempts: 3, key: "a" });
  expect(retried.output).toEqual({ attempt: 3 });
});

test("a retried activity fails with its last error when its attempts are used up", async () => {
  const { output } = await runToEnd(host, "retries", { failures: 9, attempts: 2, key: "b" });
  expect(output).toEqual({ failed: "Activity function 'flaky' failed:  boom 2" });
});

test("an event wins over a timer, which is cancelled; before the wait it is kept", async () => {
  const id = await startInstance(host, "approval", null);
  const raised = await host.call("POST", `${DURABLE}/instances/${id}/raiseEvent/approval`, {
    by: "me",
  });
  expect(raised.status).toBe(202);
  const status = await untilStatus(host, id, "Completed");
  expect(status.output).toEqual({ by: "me" });
  expect(status.customStatus).toBe("waiting");
});

test("an instance stays Running until a timer that it left has fired, and the log says why", async () => {
  const { instanceId, output } = await runToEnd(host, "leavesTimer", null);
  expect(output).toBe("done");
  expect(host.log()).toContain(
    `Instance ${instanceId} (leavesTimer) has run to its end, but stays Running until what it scheduled has ended too: a timer.`,
  );
});

test("a child's failure reaches its parent as reason and details", async () => {
  const { output } = await runToEnd(host, "catchesChild", null);
  expect(output).toMatch(
    /^Orchestrator function 'throws' failed: child boom \n Message: child boom/,
  );
});

test("a terminated child fails its parent with DurableTask's words", async () => {
  const id = await startInstance(host, "terminatedChild", null);
  await untilStatus(host, `${id}-child`, "Running");
  await host.call("POST", `${DURABLE}/instances/${id}-child/terminate?reason=stop`);
  const parent = await untilStatus(host, id, "Failed");
  expect(parent.output).toMatch(
    /^Non-Deterministic workflow detected: A previous execution of this orchestration scheduled a sub-orchestration task with sequence ID 0 /,
  );
});

test("continueAsNew starts over under the same id", async () => {
  const { output, input } = await runToEnd(host, "counter", { left: 3, total: 0 });
  expect(output).toEqual({ total: 6 });
  expect(input).toEqual({ left: 0, total: 6 });
});

test("one task in two compounds runs once, with a warning that Azure runs it again", async () => {
  const { output, instanceId } = await runToEnd(host, "sameTaskTwice", null);
  expect(output).toEqual({ waited: 60 });
  expect(host.log()).toContain(
    `Instance ${instanceId} (sameTaskTwice) awaits one task of 'wait' in several compound tasks.`,
  );
});

test("an unknown activity leaves its caller Running, and the log names it", async () => {
  const id = await startInstance(host, "unknownActivity", null);
  await host.logged(
    `Instance ${id} (unknownActivity) waits for ever: it called the activity 'nope'`,
  );
  expect((await untilStatus(host, id, "Running")).output).toBeNull();
});

test("an error without a message leaves the instance Running, and the log says so", async () => {
  const id = await startInstance(host, "throws", { message: "" });
  await host.logged(`Instance ${id} (throws) stays Running for ever`);
  expect((await untilStatus(host, id, "Running")).output).toBeNull();
});

test("an unknown orchestrator is accepted and fails with the names that are known", async () => {
  const { runtimeStatus, output } = await runToEnd(host, "Nope", null);
  expect(runtimeStatus).toBe("Failed");
  expect(output).toMatch(
    /^Orchestrator function 'Nope' failed: The function 'Nope' doesn't exist, is disabled, or is not an orchestrator function\. Additional info: The following are the known orchestrator functions: '.*'greet'/,
  );
});

test("a name in another case runs and is shown as it was typed", async () => {
  const { name, output } = await runToEnd(host, "DOUBLE", 4);
  expect(name).toBe("DOUBLE");
  expect(output).toMatchObject({ doubled: 8 });
});

test("a turn that sets no custom status clears the one before", async () => {
  const id = await startInstance(host, "clearsStatus", null);
  await host.until(async () =>
    (await untilStatus(host, id, "Running")).customStatus === "first" ? true : undefined,
  );
  await host.call("POST", `${DURABLE}/instances/${id}/raiseEvent/go`, 1);
  await host.until(async () =>
    (await untilStatus(host, id, "Running")).customStatus === null ? true : undefined,
  );
});

test("the SDK's client starts, finds, tells and purges instances", async () => {
  const client = async (verb: string, id: string, ...args: unknown[]) => {
    const response = await host.call("POST", `/api/client/${verb}/${id}`, args);
    return response.ok ? await response.json() : await response.text();
  };
  await host.call("POST", "/api/start/approval/asked", {});
  const again = await host.call("POST", "/api/start/approval/asked", {});
  expect(await again.text()).toBe(
    'The operation failed with an unexpected status code: 409. Details: {"Message":"An Orchestration instance with the status Running already exists."}',
  );
  await client("suspend", "asked", "pause");
  expect((await untilStatus(host, "asked", "Suspended")).output).toBe("pause");
  await client("resume", "asked", "go on");
  await untilStatus(host, "asked", "Running");
  await client("raiseEvent", "asked", "approval", { ok: true });
  await untilStatus(host, "asked", "Completed");
  expect(await client("getStatus", "asked")).toMatchObject({
    result: { runtimeStatus: "Completed", output: { ok: true } },
  });
  expect(await client("purgeInstanceHistory", "asked")).toEqual({
    result: { instancesDeleted: 1 },
  });
  expect(await client("getStatus", "asked")).toContain("HTTP 404 response");
});

test("the line of an orchestrator that failed has its error, not the state that the SDK makes of it", async () => {
  await runToEnd(host, "throws", { message: "boom in the log" });
  await host.logged("boom in the log");
  expect(host.log()).toMatch(/ERROR throws Failed \d+ ms: boom in the log\n/);
  expect(host.log()).not.toContain("$OutOfProcData$");
});
