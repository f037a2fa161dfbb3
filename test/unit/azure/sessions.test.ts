import { expect, test } from "vitest";
import { createSessions } from "#azure/sessions.ts";
import { discoverAt, http, type LiteralAzure, literalAzure } from "./literal-azure.ts";

const NAME = "5".repeat(48);
const pending = { state: "pending", message: "" };
const ready = { state: "ready", message: "" };
const gone = { state: "gone", message: "" };

function sessionsAt(azure: LiteralAzure) {
  return createSessions({ http, discover: discoverAt(azure) });
}

test("a session is asked for with what it has to install, and as the caller", async () => {
  await using azure = await literalAzure([{ status: 200, body: {} }]);
  await sessionsAt(azure).start({ name: NAME, vmSize: "Standard_DS1_v2", requirements: ["bs4"] });

  expect(azure.seen[0]).toMatchObject({
    method: "POST",
    path: `/flow/FlowSessions/${NAME}`,
    headers: { "aml-user-token": "https://ml.azure.com/.default" },
    body: {
      action: "Install",
      vmSize: "Standard_DS1_v2",
      pythonPipRequirements: ["bs4"],
      maxIdleTimeSeconds: 3600,
    },
  });
});

test("where to poll is told relative to the flow service, and polled nowhere else", async () => {
  const operation = `FlowSessions/${NAME}/Install/locations/here/operations/1?api-version=1`;
  const elsewhere = {
    "azure-asyncoperation": `https://ml.azure.com/api/here/flow/api/x/${operation}`,
  };
  await using azure = await literalAzure([
    { status: 202, headers: elsewhere },
    { body: { status: "InProgress" } },
  ]);
  const sessions = sessionsAt(azure);
  const where = await sessions.start({ name: NAME, vmSize: "v", requirements: [] });

  expect(where).toBe(operation);
  expect(await sessions.read(NAME, where)).toEqual(pending);
  expect(azure.seen[1]?.path).toBe(`/flow/${operation}`);
});

test.each([{}, { "azure-asyncoperation": "https://evil.example/x" }])(
  "a 202 that does not say where to poll is unexpected: %j",
  async (headers) => {
    await using azure = await literalAzure([{ status: 202, headers }]);
    const request = { name: NAME, vmSize: "v", requirements: [] };
    await expect(sessionsAt(azure).start(request)).rejects.toMatchObject({
      code: "AZURE_UNEXPECTED",
    });
  },
);

test.each([
  [{ status: "InProgress" }, pending],
  [{ status: "NotStarted" }, pending],
  [{ status: "Succeeded" }, ready],
  [
    { status: "Succeeded", error: { message: "pip could not install x" } },
    { state: "ready", message: "pip could not install x" },
  ],
  [
    { status: "Failed", error: { message: "no cores" } },
    { state: "failed", message: "no cores" },
  ],
  [
    { status: "Failed", error: { message: '{"error":{"message":"no cores"}}' } },
    { state: "failed", message: "no cores" },
  ],
  [
    { status: "Failed", error: { message: '{"broken' } },
    { state: "failed", message: '{"broken' },
  ],
  [
    { status: "Canceled", error: null },
    { state: "failed", message: "The session's creation ended as Canceled." },
  ],
])("an operation that says %j", async (body, standing) => {
  await using azure = await literalAzure([{ body }]);
  expect(await sessionsAt(azure).read(NAME, `FlowSessions/${NAME}/o`)).toEqual(standing);
});

test("an operation that is forgotten leaves the session itself to ask", async () => {
  await using there = await literalAzure([{ status: 404 }, { body: {} }]);
  expect(await sessionsAt(there).read(NAME, `FlowSessions/${NAME}/o`)).toEqual(ready);

  await using nowhere = await literalAzure([{ status: 404 }]);
  expect(await sessionsAt(nowhere).read(NAME, `FlowSessions/${NAME}/o`)).toEqual(gone);
});

test("a session that is still changing is worth another try, to make it and to remove it", async () => {
  await using azure = await literalAzure([{ status: 409 }]);
  const sessions = sessionsAt(azure);
  const busy = { code: "AZURE_BUSY" };

  const request = { name: NAME, vmSize: "v", requirements: [] };
  await expect(sessions.start(request)).rejects.toMatchObject(busy);
  await expect(sessions.remove(NAME)).rejects.toMatchObject(busy);
});
