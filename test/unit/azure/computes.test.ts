import { expect, test } from "vitest";
import { createComputes } from "#azure/computes.ts";
import {
  discoverAt,
  http,
  type LiteralAzure,
  literalAzure,
  machineLearning,
  workspace,
} from "./literal-azure.ts";

const pending = { state: "pending", message: "" };
const ready = { state: "ready", message: "" };

function computesAt(azure: LiteralAzure) {
  const ml = machineLearning(azure);
  return createComputes({
    http,
    ml,
    workspace,
    armEndpoint: azure.url,
    discover: discoverAt(azure),
  });
}

function compute(provisioningState: string, state: string | null, more: object = {}) {
  return {
    name: "ci",
    properties: {
      computeType: "ComputeInstance",
      provisioningState,
      properties: { state, errors: [], ...more },
    },
  };
}

test.each([
  [compute("Succeeded", "Running"), ready],
  [compute("Succeeded", "JobRunning"), ready],
  [compute("Creating", null), pending],
  [compute("Creating", "Running"), pending],
  [compute("Succeeded", "SettingUp"), pending],
  [compute("Succeeded", "Starting"), pending],
  [compute("Deleting", "Running"), pending],
  [
    compute("Succeeded", "Stopped"),
    { state: "failed", message: "Compute instance ci is Stopped." },
  ],
  [
    compute("Failed", "CreateFailed", {
      errors: [{ error: { code: "Quota", message: "No cores." } }],
    }),
    { state: "failed", message: "Quota: No cores." },
  ],
  [
    compute("Canceled", null),
    { state: "failed", message: "Compute instance ci ended as Canceled." },
  ],
])("a compute instance that says %j", async (body, standing) => {
  await using azure = await literalAzure([{ body }]);
  expect(await computesAt(azure).read("ci")).toEqual(standing);
});

const aCompute = { name: "ci", vmSize: "Standard_DS1_v2", identity: "/id" };

test("a compute instance is asked for with its identity, and stops by itself when idle", async () => {
  await using azure = await literalAzure([{ status: 404 }, { status: 201, body: {} }]);
  await computesAt(azure).ensureStarted(aCompute);

  expect(azure.seen[1]).toMatchObject({
    method: "PUT",
    path: expect.stringMatching(/\/computes\/ci\?api-version=2025-12-01$/),
    body: {
      location: "here",
      identity: { type: "UserAssigned", userAssignedIdentities: { "/id": {} } },
      properties: {
        computeType: "ComputeInstance",
        properties: { vmSize: "Standard_DS1_v2", idleTimeBeforeShutdown: "PT1H" },
      },
    },
  });
  expect(azure.seen).toHaveLength(2);
});

test("a conflict over a machine that is there by now is as good", async () => {
  await using azure = await literalAzure([
    { status: 404 },
    { status: 409 },
    { body: compute("Creating", null) },
  ]);
  await expect(computesAt(azure).ensureStarted(aCompute)).resolves.toBeUndefined();
});

test("a conflict over a machine that is not there is worth another try", async () => {
  await using azure = await literalAzure([{ status: 404 }, { status: 409 }, { status: 404 }]);
  await expect(computesAt(azure).ensureStarted(aCompute)).rejects.toMatchObject({
    code: "AZURE_BUSY",
  });
});

test("a removal is asked for with the machine itself, and 404 is success", async () => {
  await using azure = await literalAzure([{ status: 404 }]);
  await computesAt(azure).remove("ci");
  expect(azure.seen[0]?.path).toContain("underlyingResourceAction=Delete");
});

test("a removal that conflicts waits for the operation that is under way", async () => {
  const creating = { body: compute("Creating", null) };
  await using azure = await literalAzure([{ status: 409 }, creating]);
  await expect(computesAt(azure).remove("ci")).rejects.toMatchObject({ code: "AZURE_BUSY" });
});
