import { afterAll, beforeAll, expect, test } from "vitest";
import {
  DURABLE,
  type HostProcess,
  startHost,
  startInstance,
  untilStatus,
} from "./host-process.ts";

let host: HostProcess;
beforeAll(async () => {
  host = await startHost();
});
afterAll(() => host[Symbol.asyncDispose]());

const call = (method: string, path: string, body?: unknown) =>
  host.call(method, `${DURABLE}/${path}`, body);

async function finished(id: string): Promise<void> {
  await startInstance(host, "double", 1, id);
  await untilStatus(host, id, "Completed");
}

async function running(id: string): Promise<void> {
  await startInstance(host, "approval", null, id);
  await untilStatus(host, id, "Running");
}

async function failed(id: string): Promise<void> {
  await startInstance(host, "throws", { message: "boom" }, id);
  await untilStatus(host, id, "Failed");
}

test("a start answers with the management URLs of the caller's host name", async () => {
  const response = await call("POST", "orchestrators/double/a%2Bb", 1);
  expect(response.status).toBe(202);
  expect(response.headers.get("retry-after")).toBe("10");
  expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  const payload = (await response.json()) as Record<string, string>;
  expect(Object.keys(payload).sort()).toEqual([
    "id",
    "purgeHistoryDeleteUri",
    "restartPostUri",
    "resumePostUri",
    "sendEventPostUri",
    "statusQueryGetUri",
    "suspendPostUri",
    "terminatePostUri",
  ]);
  expect(payload.statusQueryGetUri).toBe(
    `${host.url}${DURABLE}/instances/a%2Bb?taskHub=fixture&connection=Storage&code=emulator`,
  );
  expect(response.headers.get("location")).toBe(payload.statusQueryGetUri);
});

test("the id of an instance that runs is refused with 409, that of a finished one is replaced", async () => {
  await running("taken");
  const again = await call("POST", "orchestrators/double/taken", 1);
  expect([again.status, await again.json()]).toEqual([
    409,
    { Message: "An Orchestration instance with the status Running already exists." },
  ]);
  await finished("reused");
  expect((await call("POST", "orchestrators/double/reused", 2)).status).toBe(202);
  expect(await untilStatus(host, "reused", "Completed")).toMatchObject({ input: 2 });
});

test("a start may wait for the end", async () => {
  const done = await call("POST", "orchestrators/double?timeout=10&pollingInterval=1", 4);
  expect([done.status, await done.json()]).toMatchObject([200, { doubled: 8 }]);
  const slow = await call("POST", "orchestrators/approval?timeout=0.05&pollingInterval=0.01", 4);
  expect(slow.status).toBe(202);
  const broken = await call("POST", "orchestrators/throws?timeout=10&pollingInterval=1", {
    message: "boom",
  });
  expect([broken.status, await broken.json()]).toMatchObject([200, { runtimeStatus: "Failed" }]);
});

test("a start waits only with an interval, and one that is not longer than the wait", async () => {
  const unasked = await call("POST", "orchestrators/approval?timeout=10", 4);
  expect(unasked.status).toBe(202);
  const odd = await call("POST", "orchestrators/approval?timeout=1&pollingInterval=2", 4);
  expect([odd.status, await odd.json()]).toMatchObject([
    400,
    {
      Message: "One or more of the arguments submitted is incorrect",
      ExceptionMessage: "Total timeout 1 should be bigger than retry timeout 2",
    },
  ]);
});

test.each([
  ["POST", "orchestrators/double", "{", 400],
  ["GET", "orchestrators/double", undefined, 404],
  ["POST", "orchestrators/double/a%2Fb", "1", 404],
  ["GET", "instances/none", undefined, 404],
  ["HEAD", "instances/none", undefined, 404],
  ["POST", "instances/none/terminate", undefined, 404],
  ["POST", "instances/none/suspend", undefined, 404],
  ["DELETE", "instances/none", undefined, 404],
  ["POST", "instances/none/restart", undefined, 400],
  ["POST", "instances/none/dance", undefined, 404],
  ["GET", "entities", undefined, 200],
  ["POST", "entities/counter/one", "1", 400],
  ["POST", "makeprimary", undefined, 200],
  ["GET", "nothing", undefined, 404],
])("%s %s with %s answers %i", async (method, path, body, status) => {
  const init = body === undefined ? { method } : { method, body };
  const response = await fetch(`${host.url}${DURABLE}/${path}`, init);
  expect(response.status).toBe(status);
});

test("a status tells where to look again while it is not final", async () => {
  await running("watched");
  const response = await call("GET", "instances/watched?showInput=false");
  expect(response.status).toBe(202);
  expect(response.headers.get("retry-after")).toBe("5");
  expect(response.headers.get("location")).toBe(
    `${host.url}${DURABLE}/instances/watched?showInput=false`,
  );
  expect(await response.text()).toMatch(
    /^\{"name":"approval","instanceId":"watched","runtimeStatus":"Running","input":null,"customStatus":"waiting","output":null,"createdTime":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","lastUpdatedTime":"[^".]*Z"\}$/,
  );
});

test("a failure is 200, or 500 for who asks for that", async () => {
  await failed("bad");
  expect((await call("GET", "instances/bad")).status).toBe(200);
  const path = "instances/bad?returnInternalServerErrorOnFailure=true";
  expect((await call("GET", path)).status).toBe(500);
});

test("the history hides turns and folds a task's beginning into its end", async () => {
  await startInstance(host, "callOne", { name: "square", input: { n: 3 } }, "told");
  await untilStatus(host, "told", "Completed");
  const history = async (query: string) => {
    const response = await call("GET", `instances/told?showHistory=true${query}`);
    return ((await response.json()) as { historyEvents: Record<string, unknown>[] }).historyEvents;
  };
  const [started, completed, ended] = await history("&showHistoryOutput=true");
  expect(started).toMatchObject({ EventType: "ExecutionStarted", FunctionName: "callOne" });
  expect(completed).toEqual({
    EventType: "TaskCompleted",
    Timestamp: expect.stringMatching(/\.\d{7}Z$/),
    Result: 9,
    ScheduledTime: expect.stringMatching(/\.\d{7}\+00:00$/),
    FunctionName: "square",
    Input: null,
  });
  expect(ended).toMatchObject({
    EventType: "ExecutionCompleted",
    OrchestrationStatus: "Completed",
    Result: 9,
  });
  expect((await history("&showInput=true"))[0]?.Input).toBe('{"name":"square","input":{"n":3}}');
  const [startedOnly] = await history("&showInput=false");
  expect(startedOnly).not.toHaveProperty("Input");
  expect((await history(""))[1]).not.toHaveProperty("Result");
});

test("what has been scheduled and has not ended keeps its own name; a Pending instance has no history", async () => {
  await startInstance(host, "callOne", { name: "wait", input: { ms: 300 } }, "unfinished");
  const events = await host.until(async () => {
    const response = await call("GET", "instances/unfinished?showHistory=true");
    const { historyEvents } = (await response.json()) as { historyEvents?: object[] };
    return historyEvents && historyEvents.length > 1 ? historyEvents : undefined;
  });
  expect(events[1]).toMatchObject({ EventType: "TaskScheduled", Name: "wait" });
  expect(events[1]).not.toHaveProperty("FunctionName");
  await call("POST", "orchestrators/double/early?version=9", 1);
  const early = await call("GET", "instances/early?showHistory=true");
  expect(await early.json()).not.toHaveProperty("historyEvents");
  await untilStatus(host, "unfinished", "Completed");
});

test("an event needs JSON, an instance, and one that has not ended", async () => {
  await running("listening");
  const post = (id: string, body: string, type?: string) =>
    fetch(`${host.url}${DURABLE}/instances/${id}/raiseEvent/approval`, {
      method: "POST",
      body,
      headers: type ? { "content-type": type } : {},
    });
  const plain = await post("listening", "1", "text/plain");
  expect([plain.status, await plain.json()]).toEqual([
    400,
    { Message: "Only application/json request content is supported" },
  ]);
  const empty = await post("listening", "", "application/json");
  expect([empty.status, await empty.json()]).toMatchObject([
    400,
    {
      Message: "Invalid JSON content",
      ExceptionMessage: "Error reading JToken from JsonReader. Path '', line 0, position 0.",
    },
  ]);
  expect((await post("listening", "{", "application/json")).status).toBe(400);
  expect((await post("none", "1", "application/json")).status).toBe(404);
  expect((await post("listening", "1", "application/json; charset=utf-8")).status).toBe(202);
  await untilStatus(host, "listening", "Completed");
  expect((await post("listening", "1", "application/json")).status).toBe(410);
  // Whether there is somebody to hear it is asked first.
  expect((await post("listening", "1", "text/plain")).status).toBe(410);
  expect((await post("none", "1", "text/plain")).status).toBe(404);
});

test("terminate, suspend and resume answer by the state they find", async () => {
  await running("steered");
  const verb = (path: string) => call("POST", `instances/steered/${path}`);
  const resumed = await verb("resume");
  expect([resumed.status, await resumed.json()]).toMatchObject([
    500,
    {
      Message: "Something went wrong while processing your request",
      ExceptionMessage:
        "Cannot resume the orchestration instance steered because instance is in the Running state.",
      ExceptionType: "System.InvalidOperationException",
    },
  ]);
  expect((await verb("suspend?reason=a")).status).toBe(202);
  await untilStatus(host, "steered", "Suspended");
  expect((await verb("terminate?reason=enough")).status).toBe(202);
  expect((await untilStatus(host, "steered", "Terminated")).output).toBe("enough");
  for (const path of ["terminate", "suspend", "resume"])
    expect((await verb(path)).status).toBe(410);
});

test("an instance terminated with the reason undefined has a status that is not JSON, as in Azure", async () => {
  await running("undefinedReason");
  await call("POST", "instances/undefinedReason/terminate?reason=undefined");
  const text = await host.until(async () => {
    const body = await (await call("GET", "instances/undefinedReason")).text();
    return body.includes("Terminated") ? body : undefined;
  });
  expect(text).toContain('"output":undefined,');
});

test("rewind, restart and purge answer by the state they find", async () => {
  await running("alive");
  await failed("broken");
  const answer = async (method: string, path: string) => {
    const response = await call(method, path);
    return [response.status, await response.text()];
  };
  expect(await answer("POST", "instances/alive/rewind?reason=x")).toEqual([
    412,
    JSON.stringify(
      'This orchestration has status Running, but only orchestrations in the "Failed" state can be rewound.',
    ),
  ]);
  expect(await answer("POST", "instances/none/rewind")).toEqual([
    404,
    JSON.stringify('No orchestration with instance ID "none" found.'),
  ]);
  expect((await call("POST", "instances/broken/rewind?reason=x")).status).toBe(202);
  const same = "restart?restartWithNewInstanceId=false";
  expect((await call("POST", `instances/alive/${same}`)).status).toBe(409);
  const restarted = await call("POST", "instances/alive/restart");
  const { id } = (await restarted.json()) as { id: string };
  expect([restarted.status, id]).toEqual([202, expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect(await answer("DELETE", "instances/alive")).toEqual([
    412,
    JSON.stringify(
      "Only orchestrations in a terminal state can be purged, but the orchestration with instance ID alive has status Running",
    ),
  ]);
});

test("lists come in pages in both directions of the token, and take bad filters as none", async () => {
  for (const id of ["page-1", "page-2", "page-3"]) await finished(id);
  const path = "instances?instanceIdPrefix=page-&top=2&createdTimeFrom=nonsense";
  const first = await call("GET", path);
  const token = first.headers.get("x-ms-continuation-token") ?? "";
  const ids = async (response: Response) =>
    ((await response.json()) as { instanceId: string }[]).map(({ instanceId }) => instanceId);
  expect(await ids(first)).toEqual(["page-1", "page-2"]);
  expect(Buffer.from(token, "base64").toString()).toBe("page-3 ");
  const second = await fetch(`${host.url}${DURABLE}/${path}`, {
    headers: { "x-ms-continuation-token": token },
  });
  expect(await ids(second)).toEqual(["page-3"]);
  expect(second.headers.get("x-ms-continuation-token")).toBeNull();
  const none = await call("GET", "instances?instanceIdPrefix=page-&runtimeStatus=failed");
  expect(await none.json()).toEqual([]);
});

test("a purge by filter needs a time, and without a usable status takes running ones too", async () => {
  const missing = await call("DELETE", "instances");
  expect([missing.status, await missing.json()]).toEqual([
    400,
    "Please provide value for 'createdTimeFrom' parameter.",
  ]);
  const none = await call("DELETE", "instances?createdTimeFrom=2999-01-01");
  expect(none.status).toBe(404);
  await running("swept");
  const kept = await call(
    "DELETE",
    "instances?createdTimeFrom=2020-01-01&runtimeStatus=Running,Completed",
  );
  expect(kept.status).toBe(200);
  expect((await call("GET", "instances/swept")).status).toBe(202);
  await call("DELETE", "instances?createdTimeFrom=2020-01-01&runtimeStatus=Running");
  expect((await call("GET", "instances/swept")).status).toBe(404);
});
