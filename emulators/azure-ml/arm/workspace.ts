import { type Context, Hono } from "hono";
import { TENANT, WORKSPACE_PATH } from "#emulators/azure-ml/place.ts";
import { type Service, urlsFor } from "#emulators/azure-ml/service.ts";

const PROVIDER = "providers/Microsoft.MachineLearningServices/workspaces";
const LISTS = [
  `/subscriptions/:subscription/${PROVIDER}`,
  `/subscriptions/:subscription/resourceGroups/:resourceGroup/${PROVIDER}`,
];

export function workspaceRoutes({ place, clock, storage }: Service): Hono {
  const createdAt = new Date(clock.now()).toISOString();
  const group = `/subscriptions/${place.subscription}/resourceGroups/${place.resourceGroup}`;
  const workspace = (c: Context) => {
    return {
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
    };
  };
  const routes = new Hono();
  routes.get(WORKSPACE_PATH, (c) => c.json(workspace(c)));
  for (const list of LISTS) {
    routes.get(list, (c) => {
      const { subscription, resourceGroup }: Record<string, string> = c.req.param();
      const isHere =
        sameText(subscription, place.subscription) &&
        (resourceGroup === undefined || sameText(resourceGroup, place.resourceGroup));
      return c.json({ value: isHere ? [workspace(c)] : [] });
    });
  }
  return routes;
}

function sameText(given = "", ours: string): boolean {
  return given.toLowerCase() === ours.toLowerCase();
}
