import { expect, test } from "vitest";
import {
  answerOf,
  client,
  HOST,
  manage,
  newId,
  read,
  run,
  start,
  until,
  untilStatus,
} from "./client.ts";

async function running(): Promise<string> {
  const id = await start("waits");
  await untilStatus(id, "Running");
  return id;
}

function post(id: string, body: string, type?: string): Promise<Response> {
  const url = `${HOST}/runtime/webhooks/durabletask/instances/${id}/raiseEvent/go`;
  const init = { method: "POST", body: new TextEncoder().encode(body) };
  return fetch(url, { ...init, headers: type ? { "content-type": type } : {} });
}

test("an event is accepted with an empty body, and its instance goes on", async () => {
  const id = await running();
  expect(await answerOf(await post(id, '{"a":1}', "application/json; charset=utf-8"))).toEqual([
    202,
    "",
  ]);
  expect((await untilStatus(id)).output).toEqual({ a: 1 });
  expect((await post(id, "1", "application/json")).status).toBe(410);
});

test.each(["text/plain", undefined])("an event of the content type %s is refused", async (type) => {
  const id = await running();
  expect(await answerOf(await post(id, "1", type))).toEqual([
    400,
    { Message: "Only application/json request content is supported" },
  ]);
});

test("an event needs a body of JSON and an instance", async () => {
  const id = await running();
  expect(await answerOf(await post(id, "", "application/json"))).toMatchObject([
    400,
    {
      Message: "Invalid JSON content",
      ExceptionMessage: "Error reading JToken from JsonReader. Path '', line 0, position 0.",
    },
  ]);
  expect((await post(id, "{", "application/json")).status).toBe(400);
  expect((await post(newId("none"), "1", "application/json")).status).toBe(404);
  expect((await client("raiseEvent", id, "go")).error).toContain("400");
});

test("an event's name may have a space but no slash", async () => {
  const id = await running();
  const raise = async (name: string) =>
    (await manage("POST", `instances/${id}/raiseEvent/${name}`, 1)).status;
  expect([await raise("a%20b"), await raise("a%2Fb"), await raise("a/b")]).toEqual([202, 404, 404]);
});

test("terminate ends with its reason, also while Suspended, and is gone afterwards", async () => {
  const id = await running();
  expect((await manage("GET", `instances/${id}/terminate`)).status).toBe(404);
  expect((await manage("POST", `instances/${id}/suspend?reason=a`)).status).toBe(202);
  await untilStatus(id, "Suspended");
  expect((await manage("POST", `instances/${id}/terminate?reason=enough`)).status).toBe(202);
  expect((await untilStatus(id)).output).toBe("enough");
  for (const verb of ["terminate", "suspend", "resume", "rewind"]) {
    const expected = verb === "rewind" ? 412 : 410;
    expect((await manage("POST", `instances/${id}/${verb}?reason=x`)).status).toBe(expected);
  }
  for (const verb of ["terminate", "suspend", "resume"])
    expect((await manage("POST", `instances/${newId("none")}/${verb}`)).status).toBe(404);
});

test("terminate without a reason ends without an output", async () => {
  const id = await running();
  await manage("POST", `instances/${id}/terminate`);
  expect(await untilStatus(id)).toMatchObject({ runtimeStatus: "Terminated", output: null });
});

test("suspend of a Suspended and resume of a Running instance are errors of the server", async () => {
  const id = await running();
  const refused = (verb: string, status: string) => [
    500,
    {
      Message: "Something went wrong while processing your request",
      ExceptionMessage: `Cannot ${verb} the orchestration instance ${id} because instance is in the ${status} state.`,
      ExceptionType: "System.InvalidOperationException",
    },
  ];
  expect(await answerOf(await manage("POST", `instances/${id}/resume`))).toMatchObject(
    refused("resume", "Running"),
  );
  await manage("POST", `instances/${id}/suspend`);
  await untilStatus(id, "Suspended");
  expect(await answerOf(await manage("POST", `instances/${id}/suspend`))).toMatchObject(
    refused("suspend", "Suspended"),
  );
});

test("an event that comes while Suspended is taken after the resume", async () => {
  const id = await running();
  await manage("POST", `instances/${id}/suspend?reason=a`);
  await untilStatus(id, "Suspended");
  expect((await manage("POST", `instances/${id}/raiseEvent/go`, 5)).status).toBe(202);
  await run("same", 1);
  expect((await read(id)).runtimeStatus).toBe("Suspended");
  await manage("POST", `instances/${id}/resume?reason=a`);
  expect((await untilStatus(id)).output).toBe(5);
});

test("rewind is for what has Failed", async () => {
  const none = newId("none");
  expect(await answerOf(await manage("POST", `instances/${none}/rewind?reason=x`))).toEqual([
    404,
    `No orchestration with instance ID "${none}" found.`,
  ]);
  const completed = await run("same", 1);
  for (const [id, status] of [
    [await running(), "Running"],
    [completed.instanceId, "Completed"],
  ])
    expect(await answerOf(await manage("POST", `instances/${id}/rewind?reason=x`))).toEqual([
      412,
      `This orchestration has status ${status}, but only orchestrations in the "Failed" state can be rewound.`,
    ]);
});

test("a rewound instance runs its failed activity again and completes", async () => {
  const { instanceId, runtimeStatus } = await run("flakyOnce");
  expect(runtimeStatus).toBe("Failed");
  expect((await manage("POST", `instances/${instanceId}/rewind?reason=again`)).status).toBe(202);
  expect((await untilStatus(instanceId, "Completed")).output).toEqual({ run: 2 });
  const { historyEvents = [] } = await read(instanceId, "?showHistory=true");
  const kinds = historyEvents.map(({ EventType }) => EventType);
  expect(kinds.filter((kind) => kind === "GenericEvent")).toHaveLength(4);
  expect(kinds.filter((kind) => kind === "TaskCompleted")).toHaveLength(1);
  expect(kinds).not.toContain("TaskFailed");
  const notes = historyEvents.filter(({ EventType }) => EventType === "GenericEvent");
  expect(notes.map(({ Data }) => Data).filter((data) => data !== null)).toEqual(["again"]);
});

test("a rewound instance that threw of its own throws again", async () => {
  const { instanceId, output } = await run("throws", { message: "boom" });
  expect((await manage("POST", `instances/${instanceId}/rewind?reason=again`)).status).toBe(202);
  await until(async () => {
    const { historyEvents = [] } = await read(instanceId, "?showHistory=true");
    return historyEvents.some(({ EventType }) => EventType === "GenericEvent") ? true : undefined;
  });
  expect(await untilStatus(instanceId)).toMatchObject({ runtimeStatus: "Failed", output });
});

test("a rewound instance with a retry is no longer deterministic", async () => {
  const { instanceId } = await run("retriesInVain");
  expect((await manage("POST", `instances/${instanceId}/rewind?reason=again`)).status).toBe(202);
  const output = await until(async () => {
    const status = await read(instanceId);
    const text = String(status.output);
    return status.runtimeStatus === "Failed" && text.startsWith("Non") ? text : undefined;
  });
  expect(output).toMatch(
    /^Non-Deterministic workflow detected: .*timer task with sequence number 1 /,
  );
});

test("restart gives a new id, or keeps it where the instance has ended", async () => {
  const { instanceId } = await run("same", 7);
  const [status, payload] = await answerOf(await manage("POST", `instances/${instanceId}/restart`));
  const { id } = payload as { id: string };
  expect([status, id]).toEqual([202, expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect((await untilStatus(id)).output).toBe(7);
  const same = "restart?restartWithNewInstanceId=false";
  expect(await answerOf(await manage("POST", `instances/${instanceId}/${same}`))).toMatchObject([
    202,
    { id: instanceId },
  ]);
  await untilStatus(instanceId, "Completed");
  expect(
    await answerOf(await manage("POST", `instances/${await running()}/${same}`)),
  ).toMatchObject([
    409,
    {
      Message: "A non-terminal instance with this instance ID already exists.",
      ExceptionMessage: expect.any(String),
    },
  ]);
  const unknown = await answerOf(await manage("POST", `instances/${newId("none")}/restart`));
  expect(unknown).toMatchObject([
    400,
    { Message: "InstanceId does not match a valid orchestration instance." },
  ]);
});

test("purge takes an instance that has ended, once", async () => {
  const { instanceId } = await run("same", 1);
  const purge = async (id: string) => answerOf(await manage("DELETE", `instances/${id}`));
  expect(await purge(instanceId)).toEqual([200, { instancesDeleted: 1 }]);
  expect((await purge(instanceId))[0]).toBe(404);
  const alive = await running();
  expect(await purge(alive)).toEqual([
    412,
    `Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ${alive} has status Running`,
  ]);
});

test("paths that do not exist are 404", async () => {
  for (const [method, path] of [
    ["GET", "nothing"],
    ["HEAD", "instances"],
    ["OPTIONS", "instances"],
    ["POST", "instances/x/dance"],
  ])
    expect((await manage(String(method), String(path))).status).toBe(404);
  expect((await manage("POST", "makeprimary")).status).toBe(200);
});
