import type { Stand } from "./stand.ts";

export const IDENTITY =
  "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/flowgate/providers/Microsoft.ManagedIdentity/userAssignedIdentities/flowgate-id";
export const ROLES = "/providers/Microsoft.Authorization/roleAssignments";
const DATA_SCIENTIST = "/roleDefinitions/f6c7c914-8db3-469d-8ca1-694a8f32e121";
export const READER = "/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7";

export const aCompute = (more: Readonly<Record<string, unknown>> = {}) => ({
  location: "westeurope",
  tags: { pipeline: "p1" },
  properties: { computeType: "ComputeInstance", properties: { vmSize: "Standard_DS1_v2" } },
  ...more,
});

export const withIdentity = {
  identity: { type: "UserAssigned", userAssignedIdentities: { [IDENTITY.toLowerCase()]: {} } },
};

export async function createIdentity(stand: Stand): Promise<string> {
  const path = `${IDENTITY}?api-version=2023-01-31`;
  const { body } = await stand.call("PUT", path, { body: { location: "westeurope" } });
  return body.properties.principalId;
}

export async function assign(
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

export async function runtimeStatus(stand: Stand): Promise<unknown> {
  const { status, body } = await stand.flow("GET", "/FlowRuntimes/rt");
  return status === 200 ? (body.status ?? null) : status;
}

export const aRuntime = { runtimeType: "ComputeInstance", computeInstanceName: "ci-1" };
