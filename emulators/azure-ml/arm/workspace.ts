import { type Context, Hono } from "hono";
import { TENANT, WORKSPACE_PATH } from "#emulators/azure-ml/place.ts";
import { type Region, type Service, urlsFor } from "#emulators/azure-ml/service.ts";

const PROVIDER = "providers/Microsoft.MachineLearningServices/workspaces";
const LISTS = [
  `/subscriptions/:subscription/${PROVIDER}`,
  `/subscriptions/:subscription/resourceGroups/:resourceGroup/${PROVIDER}`,
];

export function workspaceRoutes(service: Service): Hono {
  return new Hono().get(WORKSPACE_PATH, (c) => c.json(answer(c, service)));
}

/** The workspaces of a subscription, or of one of its resource groups. */
export function workspaceListRoutes({ workspaces }: Region): Hono {
  const routes = new Hono();
  for (const list of LISTS) {
    routes.get(list, (c) => {
      const { subscription, resourceGroup }: Record<string, string> = c.req.param();
      const found = workspaces.filter(
        ({ place }) =>
          sameText(subscription, place.subscription) &&
          (resourceGroup === undefined || sameText(resourceGroup, place.resourceGroup)),
      );
      return c.json({ value: found.map((service) => answer(c, service)) });
    });
  }
  return routes;
}

function answer(c: Context, { place, storage, openedAt }: Service) {
  const group = `/subscriptions/${place.subscription}/resourceGroups/${place.resourceGroup}`;
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
    systemData: { createdAt: new Date(openedAt).toISOString(), createdBy: "emulator" },
  };
}

function sameText(given = "", ours: string): boolean {
  return given.toLowerCase() === ours.toLowerCase();
}
