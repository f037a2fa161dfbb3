import { type Context, Hono } from "hono";
import { notFound, Refusal } from "#emulators/azure-ml/errors.ts";
import { BLOB_SUFFIX } from "#emulators/azure-ml/front/azure-names.ts";
import { readBody, type Service, urlsFor } from "#emulators/azure-ml/service.ts";
import { containerSignature } from "#emulators/azure-ml/shared-access.ts";

/** What a datastore keeps to open its container with. */
export type DatastoreCredentials = "AccountKey" | "Sas" | "None";

const DEFAULT_DATASTORE = "workspaceblobstore";
const RIGHTS = "racwdl";

export function datastoreRoutes(service: Service): Hono {
  const { place, storage, datastoreCredentials } = service;
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
        credentials: { credentialsType: datastoreCredentials },
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
    if (datastoreCredentials === "None") {
      const message = "No secrets for credentials of type None.";
      throw new Refusal(400, "UserError", message);
    }
    const { expirableSecret } = await readBody(c);
    return c.json(
      expirableSecret === true || datastoreCredentials === "Sas"
        ? { secretsType: "Sas", sasToken: containerSignature(storage, RIGHTS) }
        : { secretsType: "AccountKey", key: storage.accountKey },
    );
  });
  return routes;
}
