import { Hono } from "hono";
import { TENANT } from "#emulators/azure-ml/place.ts";
import { type Service, urlsFor } from "#emulators/azure-ml/service.ts";

export function workspaceRoutes({ place, clock, storage }: Service): Hono {
  const createdAt = new Date(clock.now()).toISOString();
  return new Hono().get("/", (c) => {
    const group = `/subscriptions/${place.subscription}/resourceGroups/${place.resourceGroup}`;
    return c.json({
      id: place.id,
      name: place.workspace,
      type: "Microsoft.MachineLearningServices/workspaces",
      location: place.location,
      kind: "Default",
      etag: null,
      tags: {},
      sku: { name: "Basic", tier: "Basic" },
      identity: { type: "SystemAssigned", principalId: place.workspaceId, tenantId: TENANT },
      properties: {
        friendlyName: place.workspace,
        discoveryUrl: `${urlsFor(c).dataPlane}/discovery`,
        workspaceId: place.workspaceId,
        provisioningState: "Succeeded",
        storageAccount: `${group}/providers/Microsoft.Storage/storageAccounts/${storage.accountName}`,
        containerRegistry: null,
      },
      systemData: { createdAt, createdBy: "emulator" },
    });
  });
}
