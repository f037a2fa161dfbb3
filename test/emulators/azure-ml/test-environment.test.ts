import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";
import { aSubmit, endedRun, type Stand, startStand, uploadSources } from "./stand.ts";

const IDENTITY =
  "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/flowgate/providers/Microsoft.ManagedIdentity/userAssignedIdentities/flowgate-id";
const ROLES = "/providers/Microsoft.Authorization/roleAssignments";
const DATA_SCIENTIST = "/roleDefinitions/f6c7c914-8db3-469d-8ca1-694a8f32e121";
const READER = "/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite[Symbol.asyncDispose]());

const aCompute = (more: Readonly<Record<string, unknown>> = {}) => ({
  location: "westeurope",
  tags: { pipeline: "p1" },
  properties: { computeType: "ComputeInstance", properties: { vmSize: "Standard_DS1_v2" } },
  ...more,
});

const withIdentity = {
  identity: { type: "UserAssigned", userAssignedIdentities: { [IDENTITY.toLowerCase()]: {} } },
};

async function createIdentity(stand: Stand): Promise<string> {
  const path = `${IDENTITY}?api-version=2023-01-31`;
  const { body } = await stand.call("PUT", path, { body: { location: "westeurope" } });
  return body.properties.principalId;
}

async function assign(
  stand: Stand,
  principalId: string,
  more: { name?: string; role?: string } = {},
) {
  const name = more.name ?? "44444444-4444-4444-8444-444444444444";
  return await stand.arm("PUT", `${ROLES}/${name}`, {
    properties: {
      roleDefinitionId: more.role ?? DATA_SCIENTIST,
      principalId,
      principalType: "ServicePrincipal",
    },
  });
}

async function runtimeStatus(stand: Stand): Promise<unknown> {
  const { status, body } = await stand.flow("GET", "/FlowRuntimes/rt");
  return status === 200 ? (body.status ?? null) : status;
}

const aRuntime = { runtimeType: "ComputeInstance", computeInstanceName: "ci-1" };

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

test("a compute instance is Creating, then Running, then Deleting, then gone", async () => {
  await using stand = await startStand(azurite, { latency: "demo" });
  const states = async () => {
    const { status, body } = await stand.arm("GET", "/computes/ci-1");
    if (status === 404) return 404;
    return [body.properties.provisioningState, body.properties.properties.state];
  };

  const created = await stand.arm("PUT", "/computes/ci-1", aCompute());
  expect(created.status).toBe(201);
  const poll = created.headers.get("azure-asyncoperation")?.replace(stand.url, "") ?? "";
  expect((await stand.call("GET", `${poll}&underlyingResourceAction=x`)).body.status).toBe(
    "InProgress",
  );
  expect(await states()).toEqual(["Creating", null]);
  expect((await stand.arm("PUT", "/computes/ci-1", aCompute())).status).toBe(409);
  stand.clock.advance(2000);
  expect(await states()).toEqual(["Succeeded", "Running"]);
  expect((await stand.call("GET", poll)).body).toMatchObject({
    status: "Succeeded",
    percentComplete: 100,
  });

  expect((await stand.arm("DELETE", "/computes/ci-1")).status).toBe(400);
  const deleted = await stand.arm("DELETE", "/computes/ci-1?underlyingResourceAction=Delete");
  expect(deleted.status).toBe(202);
  expect(deleted.headers.get("location")).toContain("computeOperationsStatus");
  expect(await states()).toEqual(["Deleting", "Deleting"]);
  stand.clock.advance(1000);
  expect(await states()).toBe(404);
  const gone = await stand.arm("DELETE", "/computes/ci-1?underlyingResourceAction=Delete");
  expect(gone.status).toBe(404);
});

test("even the shortest operation answers once that it is in progress", async () => {
  await using stand = await startStand(azurite, { latency: "none" });

  const created = await stand.arm("PUT", "/computes/ci-1", aCompute());

  const poll = created.headers.get("azure-asyncoperation")?.replace(stand.url, "") ?? "";
  expect((await stand.call("GET", poll)).body.status).toBe("InProgress");
  expect((await stand.call("GET", poll)).body.status).toBe("Succeeded");
});

test.each([
  { name: "1ci", more: {}, says: "a letter first" },
  { name: "a", more: {}, says: "3 to 24" },
  { name: "ci-1", more: { properties: { computeType: "AmlCompute" } }, says: "ComputeInstance" },
  { name: "ci-1", more: withIdentity, says: "does not exist" },
])("a compute instance is refused when $says", async ({ name, more, says }) => {
  await using stand = await startStand(azurite);

  const refused = await stand.arm("PUT", `/computes/${name}`, aCompute(more));

  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toContain(says);
});

test("a compute instance can be made to fail, and be deleted even if it never comes up", async () => {
  await using stand = await startStand(azurite);
  await stand.fault({ on: "compute", match: "ci-1", outcome: "failed", message: "No quota." });
  await stand.fault({ on: "compute", match: "ci-2", outcome: "never" });
  await stand.arm("PUT", "/computes/ci-1", aCompute());
  await stand.arm("PUT", "/computes/ci-2", aCompute());
  stand.clock.advance(3_600_000);

  const failed = await stand.arm("GET", "/computes/ci-1");
  expect(failed.body.properties).toMatchObject({
    provisioningState: "Failed",
    provisioningErrors: [{ error: { message: "No quota." } }],
    properties: { state: "CreateFailed" },
  });
  const stuck = await stand.arm("GET", "/computes/ci-2");
  expect(stuck.body.properties.provisioningState).toBe("Creating");
  for (const name of ["ci-1", "ci-2"]) {
    const path = `/computes/${name}?underlyingResourceAction=Delete`;
    expect((await stand.arm("DELETE", path)).status).toBe(202);
    expect((await stand.arm("GET", `/computes/${name}`)).status).toBe(404);
  }
});

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
