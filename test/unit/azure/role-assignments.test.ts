import { expect, test } from "vitest";
import { assignmentName, createRoleAssignments } from "#azure/role-assignments.ts";
import { http, type LiteralAzure, literalAzure, type Reply, workspace } from "./literal-azure.ts";

test("a role assignment's name follows from scope, principal and role", () => {
  // Computed with Python's uuid.uuid5.
  expect(assignmentName("/subscriptions/S/x", "P", "R")).toBe(
    "c35ef458-afbd-5065-8aac-3c41f29b7f02",
  );
});

function rolesAt(azure: LiteralAzure) {
  return createRoleAssignments({ http, workspace, armEndpoint: azure.url });
}

function refusal(status: number, code: string): Reply {
  return { status, body: { error: { code, message: "m" } } };
}

test("an assignment that exists under another name is as good", async () => {
  await using azure = await literalAzure([refusal(409, "RoleAssignmentExists")]);
  await expect(rolesAt(azure).ensureDataScientist("p")).resolves.toMatch(/^[0-9a-f-]{36}$/);
});

test.each([
  [refusal(400, "PrincipalNotFound"), "AZURE_BUSY"],
  [refusal(400, "InvalidRequest"), "AZURE_REFUSED"],
  [refusal(409, "Conflict"), "AZURE_BUSY"],
  [refusal(409, "RoleAssignmentUpdateNotPermitted"), "AZURE_REFUSED"],
  [refusal(403, "AuthorizationFailed"), "AZURE_REFUSED"],
])("an answer of %j is %s", async (reply, code) => {
  await using azure = await literalAzure([reply]);
  await expect(rolesAt(azure).ensureDataScientist("p")).rejects.toMatchObject({ code });
});

test("a directory that asks for time to find the principal gets it", async () => {
  const body = { error: { code: "PrincipalNotFound", message: "m" } };
  await using azure = await literalAzure([{ status: 400, headers: { "retry-after": "20" }, body }]);
  await expect(rolesAt(azure).ensureDataScientist("p")).rejects.toMatchObject({
    retryAfterMs: 20_000,
  });
});
