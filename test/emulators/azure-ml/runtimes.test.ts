import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { aSubmit, endedRun, startStand, uploadSources } from "./stand.ts";
import {
  aCompute,
  aRuntime,
  assign,
  createIdentity,
  ROLES,
  runtimeStatus,
  withIdentity,
} from "./test-environment.ts";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

test("a runtime is Starting, then has no status, then is Stopping, then is not found", async () => {
  await using stand = await startStand(azurite, { latency: "demo" });
  await stand.arm("PUT", "/computes/ci-1", aCompute());
  stand.clock.advance(2000);

  const created = await stand.flow("POST", "/FlowRuntimes/rt?asyncCall=true", aRuntime);
  expect(created).toMatchObject({ status: 200, body: { runtimeName: "rt", status: "Starting" } });
  expect((await stand.flow("POST", "/FlowRuntimes/rt", aRuntime)).status).toBe(200);
  stand.clock.advance(2000);
  const { body } = await stand.flow("GET", "/FlowRuntimes/rt");
  expect(body).toMatchObject({ runtimeName: "rt", createdOn: "2026-01-01T00:00:02.000Z" });
  expect(body).not.toHaveProperty("status");
  expect(body).not.toHaveProperty("error");
  expect((await stand.flow("GET", "/FlowRuntimes")).body).toHaveLength(1);

  expect((await stand.flow("DELETE", "/FlowRuntimes/rt")).status).toBe(200);
  expect(await runtimeStatus(stand)).toBe("Stopping");
  stand.clock.advance(500);
  expect(await runtimeStatus(stand)).toBe(404);
  expect((await stand.flow("DELETE", "/FlowRuntimes/rt")).status).toBe(404);
});

test("a runtime needs a compute instance that is Running", async () => {
  await using stand = await startStand(azurite, { latency: "demo" });
  const missing = await stand.flow("POST", "/FlowRuntimes/rt", aRuntime);
  expect(missing.body.error.message).toBe("Compute instance ci-1 was not found.");
  await stand.arm("PUT", "/computes/ci-1", aCompute());

  const refused = await stand.flow("POST", "/FlowRuntimes/rt", aRuntime);

  expect(refused).toMatchObject({ status: 400, body: { statusCode: 400 } });
  expect(refused.body.error.message).toBe("Compute instance ci-1 is Creating, not Running.");
  expect((await stand.flow("POST", "/FlowRuntimes/rt", {})).status).toBe(400);
});

test("a runtime waits for its identity's role to propagate, and fails without one", async () => {
  await using stand = await startStand(azurite, { latency: "demo" });
  const principal = await createIdentity(stand);
  await stand.arm("PUT", "/computes/ci-1", aCompute(withIdentity));
  stand.clock.advance(2000);
  await stand.flow("POST", "/FlowRuntimes/rt", aRuntime);
  stand.clock.advance(1500);
  await assign(stand, principal);

  stand.clock.advance(500);
  expect(await runtimeStatus(stand)).toBe("Starting");
  stand.clock.advance(500);
  expect(await runtimeStatus(stand)).toBe(null);

  await stand.arm("DELETE", `${ROLES}/44444444-4444-4444-8444-444444444444`);
  await stand.flow("POST", "/FlowRuntimes/other", aRuntime);
  stand.clock.advance(3000);
  expect((await stand.flow("GET", "/FlowRuntimes/other")).body).toMatchObject({
    status: "Failed",
    statusMessage: expect.stringContaining("AzureML Data Scientist"),
  });
});

test("a runtime can be made to fail, or never to start", async () => {
  await using stand = await startStand(azurite);
  await stand.arm("PUT", "/computes/ci-1", aCompute());
  await stand.fault({ on: "runtime", outcome: "failed" });
  await stand.flow("POST", "/FlowRuntimes/rt", aRuntime);
  expect(await runtimeStatus(stand)).toBe("Failed");
  await stand.fault({ on: "runtime", match: "stuck", outcome: "never" });
  await stand.flow("POST", "/FlowRuntimes/stuck", aRuntime);
  stand.clock.advance(3_600_000);

  expect((await stand.flow("GET", "/FlowRuntimes/stuck")).body.status).toBe("Starting");
});

test("a run on a runtime is Preparing at once and needs no session", async () => {
  await using stand = await startStand(azurite);
  await uploadSources(stand);
  await stand.arm("PUT", "/computes/ci-1", aCompute());
  await stand.flow("POST", "/FlowRuntimes/rt", aRuntime);

  await stand.flow("POST", "/BulkRuns/submit", aSubmit("on-runtime", { runtimeName: "rt" }));

  expect(await endedRun(stand, "on-runtime")).toMatchObject({
    status: "Completed",
    statusRevision: 2,
    runTypeV2: { computeType: "AmlcDsi" },
  });
});

test("a runtime whose compute instance is gone is Unavailable, and runs nothing", async () => {
  await using stand = await startStand(azurite);
  await stand.arm("PUT", "/computes/ci-1", aCompute());
  await stand.flow("POST", "/FlowRuntimes/rt", aRuntime);
  expect(await runtimeStatus(stand)).toBe(null);

  await stand.arm("DELETE", "/computes/ci-1?underlyingResourceAction=Delete");

  expect(await runtimeStatus(stand)).toBe("Unavailable");
  const submit = aSubmit("stranded", { runtimeName: "rt" });
  const refused = await stand.flow("POST", "/BulkRuns/submit", submit);
  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toBe("Runtime rt cannot run the flow: it is Unavailable.");
});
