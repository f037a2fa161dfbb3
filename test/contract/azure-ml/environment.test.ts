import { afterAll, beforeAll, expect, test } from "vitest";
import type { Azurite } from "#emulators/azurite/start-azurite.ts";
import { type Stand, startStand, startStorage } from "./stand.ts";

const MINUTE = 60_000;
const ci = "flowgate-ci-0123456789ab";
const rt = "flowgate-rt-0123456789ab";
const session = "5".repeat(48);

let storage: Azurite;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(async () => storage[Symbol.asyncDispose]());

async function startCompute({ azure, clock }: Stand): Promise<void> {
  const { resourceId, principalId } = await azure.identities.ensure("flowgate-local");
  clock.advance(MINUTE);
  await azure.roles.ensureDataScientist(principalId);
  await azure.computes.ensureStarted({ name: ci, vmSize: "Standard_DS1_v2", identity: resourceId });
}

test("a compute instance is pending until it runs, and gone only when a read says so", async () => {
  await using stand = await startStand(storage, { latency: "real" });
  const { identities, computes } = stand.azure;
  const { resourceId: identity } = await identities.ensure("flowgate-local");
  const request = { name: ci, vmSize: "Standard_DS1_v2", identity };
  await computes.ensureStarted(request);
  expect(await computes.read(ci)).toEqual({ state: "pending", message: "" });
  await computes.ensureStarted(request);

  stand.clock.advance(10 * MINUTE);
  expect(await computes.read(ci)).toEqual({ state: "ready", message: "" });

  await computes.remove(ci);
  expect(await computes.read(ci)).toEqual({ state: "pending", message: "" });
  await computes.remove(ci);
  stand.clock.advance(10 * MINUTE);
  expect(await computes.read(ci)).toEqual({ state: "gone", message: "" });
  await computes.remove(ci);
});

test("a compute instance is asked for once, however often the step repeats", async () => {
  await using stand = await startStand(storage, { latency: "real" });
  await startCompute(stand);
  await startCompute(stand);

  const puts = (await stand.requests()).filter((request) => /^PUT .*computes/.test(request));
  expect(puts).toHaveLength(1);
});

test("a compute instance that cannot be created fails with Azure's reason", async () => {
  await using stand = await startStand(storage);
  await stand.fault({
    on: "compute",
    outcome: "failed",
    message: "The quota of cores is used up.",
  });
  await startCompute(stand);

  const { state, message } = await stand.azure.computes.read(ci);
  expect(state).toBe("failed");
  expect(message).toContain("The quota of cores is used up.");
});

test("an identity and its role are the same however often they are ensured", async () => {
  await using stand = await startStand(storage);
  const { identities, roles } = stand.azure;
  const first = await identities.ensure("flowgate-local");
  const name = await roles.ensureDataScientist(first.principalId);

  expect(await identities.ensure("flowgate-local")).toEqual(first);
  expect(await roles.ensureDataScientist(first.principalId)).toBe(name);
  expect(name).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(await stand.inventory("roleAssignment")).toHaveLength(1);
});

test("a principal that the directory does not find yet is worth asking for again", async () => {
  await using stand = await startStand(storage, { latency: "real" });
  const { identities, roles } = stand.azure;
  const { principalId } = await identities.ensure("flowgate-local");
  await expect(roles.ensureDataScientist(principalId)).rejects.toMatchObject({
    code: "AZURE_BUSY",
    message: expect.stringContaining("PrincipalNotFound"),
  });
  stand.clock.advance(MINUTE);
  await expect(roles.ensureDataScientist(principalId)).resolves.toMatch(/-5/);
});

test("a role that somebody assigned under another name is success", async () => {
  await using stand = await startStand(storage);
  const body = { error: { code: "RoleAssignmentExists", message: "It exists." } };
  await stand.fault({ path: "roleAssignments", do: { status: 409, body } });

  await expect(stand.azure.roles.ensureDataScientist("p")).resolves.toMatch(/-5/);
});

test("an identity that another pipeline asks for at the same time is asked for again", async () => {
  await using stand = await startStand(storage);
  const body = { error: { code: "Conflict", message: "Another request goes on." } };
  await stand.fault({ path: "userAssignedIdentities", do: { status: 409, body } });

  await expect(stand.azure.identities.ensure("flowgate-local")).resolves.toMatchObject({
    resourceId: expect.stringContaining("flowgate-local"),
  });
});

test("another change of roles at the same time passes", async () => {
  await using stand = await startStand(storage);
  const body = { error: { code: "Conflict", message: "Another change goes on." } };
  await stand.fault({ path: "roleAssignments", do: { status: 409, body } });

  await expect(stand.azure.roles.ensureDataScientist("p")).rejects.toMatchObject({
    code: "AZURE_BUSY",
  });
});

test("another conflict over a role is refused", async () => {
  await using stand = await startStand(storage);
  const body = { error: { code: "RoleAssignmentUpdateNotPermitted", message: "No." } };
  await stand.fault({ path: "roleAssignments", do: { status: 409, body } });

  await expect(stand.azure.roles.ensureDataScientist("p")).rejects.toMatchObject({
    code: "AZURE_REFUSED",
  });
});

test("a runtime is ready once it has no status, and gone after its removal", async () => {
  await using stand = await startStand(storage, { latency: "real" });
  const { runtimes } = stand.azure;
  await startCompute(stand);
  stand.clock.advance(10 * MINUTE);

  await runtimes.ensureStarted(rt, ci);
  await runtimes.ensureStarted(rt, ci);
  expect(await runtimes.read(rt)).toEqual({ state: "pending", message: "" });
  stand.clock.advance(10 * MINUTE);
  expect(await runtimes.read(rt)).toEqual({ state: "ready", message: "" });

  await runtimes.remove(rt);
  stand.clock.advance(10 * MINUTE);
  expect(await runtimes.read(rt)).toEqual({ state: "gone", message: "" });
  await runtimes.remove(rt);
});

test("a runtime that fails says why", async () => {
  await using stand = await startStand(storage);
  await startCompute(stand);
  await stand.fault({ on: "runtime", outcome: "failed", message: "runtime starting timed out" });
  await stand.azure.runtimes.ensureStarted(rt, ci);

  const { state, message } = await stand.azure.runtimes.read(rt);
  expect(state).toBe("failed");
  expect(message).toContain("runtime starting timed out");
});

test("a session whose setup fails says why", async () => {
  await using stand = await startStand(storage);
  await stand.fault({ on: "session", outcome: "failed", message: "No such package." });
  const request = { name: session, vmSize: "v", requirements: [] };
  const operation = await stand.azure.sessions.start(request);
  await stand.azure.sessions.read(session, operation);

  expect(await stand.azure.sessions.read(session, operation)).toEqual({
    state: "failed",
    message: "No such package.",
  });
});

test("a session that is there already needs no waiting", async () => {
  await using stand = await startStand(storage);
  const request = { name: session, vmSize: "v", requirements: [] };
  await stand.azure.sessions.start(request);

  expect(await stand.azure.sessions.start(request)).toBeNull();
  expect(await stand.azure.sessions.read(session, null)).toEqual({ state: "ready", message: "" });
});
