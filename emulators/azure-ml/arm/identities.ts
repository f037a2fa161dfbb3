import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { notFound } from "#emulators/azure-ml/errors.ts";
import { TENANT } from "#emulators/azure-ml/place.ts";
import { type Region, readBody } from "#emulators/azure-ml/service.ts";
import type { Collection } from "#emulators/azure-ml/store/documents.ts";

export interface Identity {
  /** ARM id, the key: ids ignore case. */
  readonly id: string;
  readonly name: string;
  readonly location: unknown;
  readonly tags: Readonly<Record<string, string>>;
  readonly clientId: string;
  readonly principalId: string;
  readonly createdAt: number;
}

const PATH =
  "/subscriptions/:subscription/resourceGroups/:resourceGroup/providers/Microsoft.ManagedIdentity/userAssignedIdentities/:name";

export function identityRoutes(region: Region): Hono {
  const routes = new Hono();
  routes.put(PATH, async (c) => {
    const { subscription, resourceGroup, name } = c.req.param();
    const body = await readBody(c);
    const id = `/subscriptions/${subscription}/resourcegroups/${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
    const known = identitiesOf(region).read(id);
    const identity: Identity = {
      id,
      name,
      location: body.location,
      tags: (body.tags ?? {}) as Record<string, string>,
      clientId: known?.clientId ?? randomUUID(),
      principalId: known?.principalId ?? randomUUID(),
      createdAt: known?.createdAt ?? region.clock.now(),
    };
    identitiesOf(region).write(id, identity);
    return c.json(answer(identity), known ? 200 : 201);
  });
  routes.get(PATH, (c) => {
    const { subscription, resourceGroup, name } = c.req.param();
    const id = `/subscriptions/${subscription}/resourcegroups/${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
    const identity = identitiesOf(region).read(id);
    if (!identity) throw notFound("Identity", name);
    return c.json(answer(identity));
  });
  routes.delete(PATH, (c) => {
    const { subscription, resourceGroup, name } = c.req.param();
    const id = `/subscriptions/${subscription}/resourcegroups/${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
    const known = identitiesOf(region).read(id);
    identitiesOf(region).remove(id);
    return c.body(null, known ? 200 : 204);
  });
  return routes;
}

/** By ARM id, whatever its case. */
export function identitiesOf(region: Region): Collection<Identity> {
  return region.shared.collection<Identity>("identity");
}

function answer({ id, name, location, tags, clientId, principalId }: Identity) {
  return {
    id,
    name,
    type: "Microsoft.ManagedIdentity/userAssignedIdentities",
    location,
    tags,
    properties: { tenantId: TENANT, principalId, clientId },
  };
}
