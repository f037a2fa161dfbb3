import type { Azurite } from "./azurite.ts";
import { type Answer, type Stand, startStand, WORKSPACE } from "./stand.ts";

const ROLE = "f6c7c914-8db3-469d-8ca1-694a8f32e121";

export const anEndpoint = (traffic: Readonly<Record<string, number>> = {}, more = {}) => ({
  location: "westeurope",
  identity: { type: "SystemAssigned" },
  properties: { authMode: "Key", traffic, ...more },
});

export const aDeployment = (more: Readonly<Record<string, unknown>> = {}) => ({
  location: "westeurope",
  sku: { name: "Default", capacity: 1 },
  properties: {
    endpointComputeType: "Managed",
    model: `${WORKSPACE}/models/qa-model/versions/1`,
    instanceType: "Standard_E4s_v3",
    ...more,
  },
});

/** With a registered model and the endpoint `qa-endpoint`, whose identity has the role. */
export async function startEndpoint(
  azurite: Azurite,
  options: Parameters<typeof startStand>[1] = {},
): Promise<Stand> {
  const stand = await startStand(azurite, options);
  await stand.upload("LocalUpload/m1/qa/flow.dag.yaml", "nodes: []\n");
  const modelUri = "azureml://datastores/workspaceblobstore/paths/LocalUpload/m1/qa";
  await stand.arm("PUT", "/models/qa-model/versions/1", { properties: { modelUri } });
  const { body } = await stand.arm("PUT", "/onlineEndpoints/qa-endpoint", anEndpoint());
  await settle(stand);
  await grant(stand, body.identity.principalId);
  return stand;
}

async function grant(stand: Stand, principalId: string): Promise<void> {
  await stand.arm(
    "PUT",
    "/providers/Microsoft.Authorization/roleAssignments/33333333-3333-4333-8333-333333333333",
    { properties: { roleDefinitionId: `/roleDefinitions/${ROLE}`, principalId } },
  );
}

/** Long enough for anything, whatever the latency. */
export async function settle(stand: Stand): Promise<void> {
  stand.clock.advance(3_600_000);
}

export async function ended(stand: Stand, name: string): Promise<string> {
  for (let attempt = 0; attempt < 5000; attempt += 1) {
    const path = `/onlineEndpoints/qa-endpoint/deployments/${name}`;
    const { body } = await stand.arm("GET", path);
    if (body.properties.provisioningState !== "Updating") return body.properties.provisioningState;
  }
  throw new Error(`Deployment ${name} stays Updating.`);
}

export async function deploy(
  stand: Stand,
  name: string,
  more: Readonly<Record<string, unknown>> = {},
) {
  const path = `/onlineEndpoints/qa-endpoint/deployments/${name}`;
  const answer = await stand.arm("PUT", path, aDeployment(more));
  return { answer, state: await ended(stand, name) };
}

export async function score(
  stand: Stand,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const keys = await stand.arm("POST", "/onlineEndpoints/qa-endpoint/listKeys");
  return await stand.call("POST", "/endpoints/qa-endpoint/score", {
    body,
    headers: { authorization: `Bearer ${keys.body.primaryKey}`, ...headers },
  });
}
