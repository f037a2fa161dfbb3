import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { startStand } from "./stand.ts";
import {
  aCompute,
  aRuntime,
  assign,
  createIdentity,
  IDENTITY,
  READER,
  ROLES,
  withIdentity,
} from "./test-environment.ts";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

test("an identity is the same however often it is put", async () => {
  await using stand = await startStand(azurite);
  const path = `${IDENTITY}?api-version=2023-01-31`;

  const created = await stand.call("PUT", path, { body: { location: "westeurope", tags: {} } });
  const again = await stand.call("PUT", path, { body: { location: "westeurope", tags: {} } });

  expect([created.status, again.status]).toEqual([201, 200]);
  expect(again.body).toEqual(created.body);
  expect((await stand.call("GET", path)).body).toEqual(created.body);
  expect((await stand.call("GET", path.replace("flowgate-id", "other"))).status).toBe(404);
});

test("a role is assigned once: the same name again is 200, another name for the same is 409", async () => {
  await using stand = await startStand(azurite);
  const principal = await createIdentity(stand);

  expect((await assign(stand, principal)).status).toBe(201);
  expect((await assign(stand, principal)).status).toBe(200);
  const other = { name: "55555555-5555-4555-8555-555555555555" };
  expect(await assign(stand, principal, other)).toMatchObject({
    status: 409,
    body: { error: { code: "RoleAssignmentExists" } },
  });
  expect((await assign(stand, principal, { role: READER })).status).toBe(400);
  const { body } = await stand.arm("GET", `${ROLES}?$filter=principalId eq '${principal}'`);
  expect(body.value).toHaveLength(1);
  const none = await stand.arm("GET", `${ROLES}?$filter=principalId eq 'nobody'`);
  expect(none.body.value).toEqual([]);
});

test("the directory finds a new principal only after a while, an unknown one never", async () => {
  await using stand = await startStand(azurite, { latency: "demo" });
  const principal = await createIdentity(stand);

  expect(await assign(stand, principal)).toMatchObject({
    status: 400,
    body: { error: { code: "PrincipalNotFound" } },
  });
  stand.clock.advance(500);
  expect((await assign(stand, principal)).status).toBe(201);
  expect((await assign(stand, "nobody")).status).toBe(400);
});

test("the inventory lists what exists, with tags, scope and principal, also after a restart", async () => {
  await using stand = await startStand(azurite);
  const principalId = await createIdentity(stand);
  await assign(stand, principalId);
  await stand.arm("PUT", "/computes/ci-1", aCompute(withIdentity));
  await stand.flow("POST", "/FlowRuntimes/rt", aRuntime);
  await stand.flow("POST", "/FlowSessions/s1", { action: "Install" });

  await stand.restart();

  const { body } = await stand.call("GET", "/_emulator/inventory");
  const common = { workspace: "local", createdAt: "2026-01-01T00:00:00.000Z" };
  expect(body.items).toEqual([
    { ...common, kind: "identity", name: "flowgate-id", state: "Succeeded", tags: {}, principalId },
    {
      ...common,
      kind: "roleAssignment",
      name: "44444444-4444-4444-8444-444444444444",
      state: "Succeeded",
      tags: {},
      scope: expect.stringMatching(/\/workspaces\/local$/),
      principalId,
    },
    {
      ...common,
      kind: "computeInstance",
      name: "ci-1",
      state: "Running",
      tags: { pipeline: "p1" },
    },
    { ...common, kind: "runtime", name: "rt", state: "Ready", tags: {} },
    { ...common, kind: "session", name: "s1", state: "Ready", tags: {} },
  ]);
});
