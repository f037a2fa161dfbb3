import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { notFound } from "#emulators/azure-ml/errors.ts";
import { TENANT } from "#emulators/azure-ml/place.ts";
import { readBody, type Service } from "#emulators/azure-ml/service.ts";
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

export function identityRoutes(service: Service): Hono {
  const routes = new Hono();
  routes.put(PATH, async (c) => {
    const { subscription, resourceGroup, name } = c.req.param();
    const body = await readBody(c);
    const id = `/subscriptions/${subscription}/resourcegroups/${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
    const known = identitiesOf(service).read(id);
    const identity: Identity = {
      id,
      name,
      location: body.location,
      tags: (body.tags ?? {}) as Record<string, string>,
      clientId: known?.clientId ?? randomUUID(),
      principalId: known?.principalId ?? randomUUID(),
      createdAt: known?.createdAt ?? service.clock.now(),
    };
    identitiesOf(service).write(id, identity);
    return c.json(answer(identity), known ? 200 : 201);
  });
  routes.get(PATH, (c) => {
    const { subscription, resourceGroup, name } = c.req.param();
    const id = `/subscriptions/${subscription}/resourcegroups/${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
    const identity = identitiesOf(service).read(id);
    if (!identity) throw notFound("Identity", name);
    return c.json(answer(identity));
  });
  routes.delete(PATH, (c) => {
    const { subscription, resourceGroup, name } = c.req.param();
    const id = `/subscriptions/${subscription}/resourcegroups/${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
    const known = identitiesOf(service).read(id);
    identitiesOf(service).remove(id);
    return c.body(null, known ? 200 : 204);
  });
  return routes;
}

/** By ARM id, whatever its case. */
export function identitiesOf(service: Service): Collection<Identity> {
  return service.documents.collection<Identity>("identity");
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
