import { expect, test } from "vitest";
import { assignmentName, createRoleAssignments } from "#azure/role-assignments.ts";
import { http, literalAzure, workspace } from "./literal-azure.ts";

test("a role assignment's name follows from scope, principal and role", () => {
  // Computed with Python's uuid.uuid5.
  expect(assignmentName("/subscriptions/S/x", "P", "R")).toBe(
    "c35ef458-afbd-5065-8aac-3c41f29b7f02",
  );
});

test("a role is assigned to a service principal on the workspace", async () => {
  await using azure = await literalAzure([{ status: 201, body: {} }]);
  const roles = createRoleAssignments({ http, workspace, armEndpoint: azure.url });
  await roles.ensureDataScientist("p");

  expect(azure.seen[0]?.body).toEqual({
    properties: {
      roleDefinitionId:
        "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/f6c7c914-8db3-469d-8ca1-694a8f32e121",
      principalId: "p",
      principalType: "ServicePrincipal",
    },
  });
});
