import { expect, test } from "vitest";
import {
  answerOf,
  client,
  HOST,
  manage,
  newId,
  read,
  run,
  type Status,
  start,
  until,
  untilStatus,
} from "./client.ts";

const DURABLE = `${HOST}/runtime/webhooks/durabletask`;

test("a start answers 202 with the management URLs of the caller's host name", async () => {
  const id = newId("a");
  const response = await manage("POST", `orchestrators/same/${id}`, 1);
  expect(response.status).toBe(202);
  expect(response.headers.get("retry-after")).toBe("10");
  expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  const payload = (await response.json()) as Record<string, string>;
  expect(Object.keys(payload)).toEqual([
    "id",
    "statusQueryGetUri",
    "sendEventPostUri",
    "terminatePostUri",
    "purgeHistoryDeleteUri",
    "restartPostUri",
    "suspendPostUri",
    "resumePostUri",
  ]);
  const { statusQueryGetUri = "" } = payload;
  expect(statusQueryGetUri.startsWith(`${DURABLE}/instances/${id}?`)).toBe(true);
  const query = [...new URL(statusQueryGetUri).searchParams.keys()];
  expect(query).toEqual(["taskHub", "connection", "code"]);
  expect(response.headers.get("location")).toBe(statusQueryGetUri);
});

test.each([
  { id: "@x", path: "%40x" },
  { id: "a#b", path: "a%23b" },
  { id: "a b\u00e9", path: "a+b%C3%A9" },
])("the management URLs of $id have $path", async ({ id, path }) => {
  const suffix = newId("url");
  const response = await manage("POST", `orchestrators/same/${encodeURIComponent(id)}${suffix}`, 1);
  const payload = await response.json();
  const query = `taskHub=HostSuite&connection=Storage&code=`;
  const url = (verb: string, more = "") =>
    expect.stringContaining(`${DURABLE}/instances/${path}${suffix}${verb}?${more}${query}`);
  expect(payload).toEqual({
    id: `${id}${suffix}`,
    statusQueryGetUri: url(""),
    sendEventPostUri: url("/raiseEvent/{eventName}"),
    terminatePostUri: url("/terminate", "reason={text}&"),
    purgeHistoryDeleteUri: url(""),
    restartPostUri: url("/restart"),
    suspendPostUri: url("/suspend", "reason={text}&"),
    resumePostUri: url("/resume", "reason={text}&"),
  });
});

test("a durable client is told where everything is", async () => {
  const binding = (await (await fetch(`${HOST}/api/binding`)).json()) as {
    readonly rpcBaseUrl: string;
  };
  const url = (path: string) => expect.stringContaining(`/runtime/webhooks/durabletask${path}`);
  expect(binding).toMatchObject({
    taskHubName: "HostSuite",
    connectionName: null,
    creationUrls: {
      createNewInstancePostUri: url("/orchestrators/{functionName}[/{instanceId}]?code="),
      createAndWaitOnNewInstancePostUri: url(
        "/orchestrators/{functionName}[/{instanceId}]?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&code=",
      ),
    },
    managementUrls: {
      id: "INSTANCEID",
      statusQueryGetUri: url("/instances/INSTANCEID?taskHub=HostSuite&connection=Storage&code="),
      sendEventPostUri: url("/instances/INSTANCEID/raiseEvent/{eventName}?taskHub="),
      terminatePostUri: url("/instances/INSTANCEID/terminate?reason={text}&taskHub="),
      rewindPostUri: url("/instances/INSTANCEID/rewind?reason={text}&taskHub="),
      purgeHistoryDeleteUri: url("/instances/INSTANCEID?taskHub="),
      restartPostUri: url("/instances/INSTANCEID/restart?taskHub="),
      suspendPostUri: url("/instances/INSTANCEID/suspend?reason={text}&taskHub="),
      resumePostUri: url("/instances/INSTANCEID/resume?reason={text}&taskHub="),
    },
    baseUrl: url(""),
    requiredQueryStringParameters: expect.stringMatching(/^code=/),
    httpBaseUrl: null,
    maxGrpcMessageSizeInBytes: null,
    grpcHttpClientTimeout: null,
  });
  expect(binding.rpcBaseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/durabletask\/$/);
});

test("a start through the client's own address is answered with URLs of that address", async () => {
  const binding = await (await fetch(`${HOST}/api/binding`)).json();
  const { rpcBaseUrl } = binding as { readonly rpcBaseUrl: string };
  const response = await fetch(`${rpcBaseUrl}orchestrators/same`, { method: "POST", body: "1" });
  const { statusQueryGetUri = "" } = (await response.json()) as Record<string, string>;
  const { origin } = new URL(rpcBaseUrl);
  expect(statusQueryGetUri).toContain(`${origin}/runtime/webhooks/durabletask/instances/`);
});

test("an instance without an id gets one of 32 hex digits", async () => {
  const [status, payload] = await answerOf(await manage("POST", "orchestrators/same", 1));
  expect([status, payload]).toMatchObject([202, { id: expect.stringMatching(/^[0-9a-f]{32}$/) }]);
});

test.each(["Running", "Suspended"])(
  "the id of an instance that is %s is refused",
  async (status) => {
    const id = await start("waits");
    await untilStatus(id, "Running");
    if (status === "Suspended") {
      await manage("POST", `instances/${id}/suspend?reason=x`);
      await untilStatus(id, "Suspended");
    }
    expect(await answerOf(await manage("POST", `orchestrators/same/${id}`, 1))).toEqual([
      409,
      { Message: `An Orchestration instance with the status ${status} already exists.` },
    ]);
    const rejected = await client("startNew", "same", { instanceId: id });
    expect(rejected.error).toContain("unexpected status code: 409");
  },
);

test("the id of an instance that is Pending is refused", async () => {
  const id = newId("pending");
  await manage("POST", `orchestrators/same/${id}?version=1.2`, 1);
  await untilStatus(id, "Pending");
  expect(await answerOf(await manage("POST", `orchestrators/same/${id}`, 1))).toEqual([
    409,
    { Message: "An Orchestration instance with the status Pending already exists." },
  ]);
});

test.each([
  { name: "throws", status: "Failed" },
  { name: "returnsText", status: "Completed" },
  { name: "waits", status: "Terminated" },
])("an instance that has $status is replaced", async ({ name, status }) => {
  const id = await start(name, { message: "boom" });
  if (name === "waits") {
    await untilStatus(id, "Running");
    await manage("POST", `instances/${id}/terminate?reason=stop`);
  }
  expect((await untilStatus(id)).runtimeStatus).toBe(status);
  await start("same", 2, id);
  const replaced = await until(async () => {
    const now = await read(id);
    return now.name === "same" && now.runtimeStatus === "Completed" ? now : undefined;
  });
  expect(replaced).toMatchObject({ name: "same", input: 2, output: 2 });
});

test("an unknown orchestrator is accepted, and its instance fails with the names that are known", async () => {
  const { runtimeStatus, output } = await run("Nope");
  expect(runtimeStatus).toBe("Failed");
  expect(output).toMatch(
    /^Orchestrator function 'Nope' failed: The function 'Nope' doesn't exist, is disabled, or is not an orchestrator function\. Additional info: The following are the known orchestrator functions: '.*'waits'/,
  );
});

test("an activity's name is no orchestrator's, whoever starts it", async () => {
  expect((await run("echo")).output).toContain("is not an orchestrator function");
  const { result } = await client("startNew", "echo", {});
  const { runtimeStatus, output } = await untilStatus(String(result));
  expect(runtimeStatus).toBe("Failed");
  expect(output).toContain("is not an orchestrator function");
});

test("a name in another case runs, and is shown as it was typed", async () => {
  expect(await run("SAME", 1)).toMatchObject({
    name: "SAME",
    runtimeStatus: "Completed",
    output: 1,
  });
});

test.each(["@x", "a#b", "a b", "x".repeat(248)])("the id %s is taken", async (text) => {
  const id = newId(text);
  await start("same", 1, encodeURIComponent(id));
  const { instanceId, output } = await untilStatus(encodeURIComponent(id));
  expect({ instanceId, output }).toEqual({ instanceId: id, output: 1 });
});

test("an id with a slash has no route", async () => {
  expect((await manage("POST", `orchestrators/same/${newId("a")}%2Fb`, 1)).status).toBe(404);
});

test("a start is a POST", async () => {
  expect((await manage("GET", "orchestrators/same")).status).toBe(404);
});

test("a body that is not JSON is refused", async () => {
  const response = await fetch(`${DURABLE}/orchestrators/same`, { method: "POST", body: "{" });
  const [status, body] = await answerOf(response);
  expect(status).toBe(400);
  expect(Object.keys(body as object)).toEqual([
    "Message",
    "ExceptionMessage",
    "ExceptionType",
    "StackTrace",
  ]);
  expect(body).toMatchObject({ Message: "Invalid JSON content" });
});

test("a start's content type does not matter", async () => {
  const id = newId("plain");
  const init = { method: "POST", body: '"x"', headers: { "content-type": "text/plain" } };
  expect((await fetch(`${DURABLE}/orchestrators/same/${id}`, init)).status).toBe(202);
  expect((await untilStatus(id)).output).toBe("x");
});

test("an empty body is the input null, and the SDK's client without input sends an empty text", async () => {
  const id = newId("empty");
  await manage("POST", `orchestrators/same/${id}`);
  expect(await untilStatus(id)).toMatchObject({ input: null, output: null });
  const { result } = await client("startNew", "same", {});
  expect((await untilStatus(String(result))).input).toBe("");
});

test("a start that waits answers with the bare output, or at the end of its patience as any start", async () => {
  const wait = async (name: string, input: unknown, timeout: number) =>
    answerOf(
      await manage("POST", `orchestrators/${name}?timeout=${timeout}&pollingInterval=1`, input),
    );
  expect(await wait("same", { a: 1 }, 20)).toEqual([200, { a: 1 }]);
  expect(await wait("throws", { message: "boom" }, 20)).toMatchObject([
    200,
    { runtimeStatus: "Failed", output: "Orchestrator function 'throws' failed: boom" },
  ]);
  expect(await wait("waits", null, 1)).toMatchObject([202, { id: expect.any(String) }]);
});

test("a version that the app does not have leaves the instance Pending", async () => {
  const id = newId("versioned");
  const response = await manage("POST", `orchestrators/same/${id}?version=1.2`, 1);
  expect(response.status).toBe(202);
  await run("same", 1);
  const { runtimeStatus }: Status = await read(id);
  expect(runtimeStatus).toBe("Pending");
  const status = await manage("GET", `instances/${id}`);
  expect([status.status, status.headers.get("retry-after")]).toEqual([202, "5"]);
});
