import { type Context, Hono } from "hono";
import { notFound } from "#emulators/azure-ml/errors.ts";
import { BLOB_SUFFIX } from "#emulators/azure-ml/front/azure-names.ts";
import { readBody, type Service, urlsFor } from "#emulators/azure-ml/service.ts";
import { containerSignature } from "#emulators/azure-ml/shared-access.ts";

const DEFAULT_DATASTORE = "workspaceblobstore";

export function datastoreRoutes({ place, storage }: Service): Hono {
  const datastore = (c: Context) => {
    const { isAzure } = urlsFor(c);
    return {
      id: `${place.id}/datastores/${DEFAULT_DATASTORE}`,
      name: DEFAULT_DATASTORE,
      type: "Microsoft.MachineLearningServices/workspaces/datastores",
      properties: {
        description: null,
        tags: null,
        properties: null,
        isDefault: true,
        credentials: { credentialsType: "AccountKey" },
        datastoreType: "AzureBlob",
        accountName: storage.accountName,
        containerName: storage.containerName,
        endpoint: isAzure ? BLOB_SUFFIX : storage.endpoint,
        protocol: isAzure ? "https" : storage.protocol,
        serviceDataAccessAuthIdentity: "None",
        subscriptionId: place.subscription,
        resourceGroup: place.resourceGroup,
      },
    };
  };
  const requireDefault = (name: string) => {
    if (name.toLowerCase() !== DEFAULT_DATASTORE) throw notFound("Datastore", name);
  };
  const routes = new Hono();
  routes.get("/datastores", (c) =>
    c.json({ value: c.req.query("isDefault") === "false" ? [] : [datastore(c)] }),
  );
  routes.get("/datastores/:name", (c) => {
    requireDefault(c.req.param("name"));
    return c.json(datastore(c));
  });
  routes.post("/datastores/:name/listSecrets", async (c) => {
    requireDefault(c.req.param("name"));
    const { expirableSecret } = await readBody(c);
    return c.json(
      expirableSecret === true
        ? { secretsType: "Sas", sasToken: containerSignature(storage, "racwdl") }
        : { secretsType: "AccountKey", key: storage.accountKey },
    );
  });
  return routes;
}
