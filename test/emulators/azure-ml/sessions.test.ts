import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { startStand, WORKSPACE } from "./stand.ts";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

const session = "/FlowSessions/flowgate-1";
const install = { action: "Install", vmSize: "Standard_DS3_v2", maxIdleTimeSeconds: 3600 };

test("a session is set up behind a poll URL, is there, and after its deletion is not found", async () => {
  await using stand = await startStand(azurite, { latency: "demo" });

  const created = await stand.flow("POST", session, install);
  expect(created.status).toBe(202);
  const poll = created.headers.get("azure-asyncoperation")?.replace(stand.url, "") ?? "";
  expect((await stand.call("GET", poll)).body.status).toBe("InProgress");
  stand.clock.advance(1500);
  expect((await stand.call("GET", poll)).body.status).toBe("Succeeded");
  expect((await stand.flow("GET", session)).body.properties).toMatchObject({
    sessionId: "flowgate-1",
    vmSize: "Standard_DS3_v2",
    maxIdleTimeSeconds: 3600,
  });
  expect((await stand.flow("POST", session, install)).status).toBe(200);

  expect((await stand.flow("DELETE", session)).status).toBe(202);
  stand.clock.advance(500);
  expect((await stand.flow("GET", session)).status).toBe(404);
  expect((await stand.flow("DELETE", session)).status).toBe(404);
});

test("a repeated set-up answers the poll URL of the one under way", async () => {
  await using stand = await startStand(azurite, { latency: "demo" });

  const first = await stand.flow("POST", session, install);
  const second = await stand.flow("POST", session, install);

  expect(second.status).toBe(202);
  expect(second.headers.get("azure-asyncoperation")).toBe(
    first.headers.get("azure-asyncoperation"),
  );
});

test("a session that is being deleted cannot be set up, afterwards it can", async () => {
  await using stand = await startStand(azurite, { latency: "demo" });
  await stand.flow("POST", session, install);
  await stand.flow("POST", session, { action: "Delete" });

  expect((await stand.flow("POST", session, install)).status).toBe(409);
  stand.clock.advance(500);
  expect((await stand.flow("POST", session, install)).status).toBe(202);
});

test("a session can be made to fail, or never to be ready", async () => {
  await using stand = await startStand(azurite);
  await stand.fault({ on: "session", match: "flowgate-1", outcome: "failed", message: "No VM." });
  await stand.fault({ on: "session", match: "flowgate-2", outcome: "never" });
  const statusOf = async (name: string) => {
    const created = await stand.flow("POST", `/FlowSessions/${name}`, install);
    const poll = created.headers.get("azure-asyncoperation")?.replace(stand.url, "") ?? "";
    stand.clock.advance(3_600_000);
    await stand.call("GET", poll);
    return (await stand.call("GET", poll)).body;
  };

  expect(await statusOf("flowgate-1")).toMatchObject({
    status: "Failed",
    error: { message: "No VM." },
  });
  expect((await statusOf("flowgate-2")).status).toBe("InProgress");
});

test("a request with a bad action is refused", async () => {
  await using stand = await startStand(azurite);

  const refused = await stand.flow("POST", session, { action: "Explode" });

  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toContain("action");
});

test("a session cannot be set up without the user's own token", async () => {
  await using stand = await startStand(azurite);

  const refused = await stand.call("POST", `/flow/api${WORKSPACE}${session}`, {
    body: install,
    headers: { "aml-user-token": await stand.token("https://management.azure.com") },
  });

  expect(refused.status).toBe(401);
  expect(refused.body.error.innerError.code).toBe("InvalidAuthenticationToken");
});

test("tracing is reported as initialized", async () => {
  await using stand = await startStand(azurite);

  expect((await stand.flow("GET", "/TraceSessions")).body).toMatchObject({
    traceCosmosStatus: "Initialized",
  });
});
