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

test("an instance that has ended is replaced", async () => {
  const id = await start("throws", { message: "boom" });
  expect((await untilStatus(id)).runtimeStatus).toBe("Failed");
  await start("same", 2, id);
  expect(await untilStatus(id, "Completed")).toMatchObject({ name: "same", input: 2, output: 2 });
});

test("an unknown orchestrator is accepted, and its instance fails with the names that are known", async () => {
  const { runtimeStatus, output } = await run("Nope");
  expect(runtimeStatus).toBe("Failed");
  expect(output).toMatch(
    /^Orchestrator function 'Nope' failed: The function 'Nope' doesn't exist, is disabled, or is not an orchestrator function\. Additional info: The following are the known orchestrator functions: '.*'waits'/,
  );
});

test("an activity's name is no orchestrator's", async () => {
  expect((await run("echo")).output).toContain("is not an orchestrator function");
});

test("a name in another case runs, and is shown as it was typed", async () => {
  expect(await run("SAME", 1)).toMatchObject({
    name: "SAME",
    runtimeStatus: "Completed",
    output: 1,
  });
});

test.each(["@x", "a#b", "a b", "x".repeat(249)])("the id %s is taken", async (text) => {
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
});
