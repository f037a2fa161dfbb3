import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { Refusal } from "#emulators/azure-ml/errors.ts";
import { readBody, type Service, urlsFor } from "#emulators/azure-ml/service.ts";
import { containerSignature } from "#emulators/azure-ml/shared-access.ts";

const TYPE = "TemporaryBlobReference";

/** A container of its own is lent for the files of a version of code, with a signature that opens it for an hour. */
export function pendingUploadRoutes(service: Service): Hono {
  const { place, storage } = service;
  return new Hono().post("/codes/:name/versions/:version/startPendingUpload", async (c) => {
    const { pendingUploadId, pendingUploadType = TYPE } = await readBody(c);
    if (pendingUploadType !== TYPE) {
      throw new Refusal(400, "UserError", `pendingUploadType is ${TYPE}.`);
    }
    const lent = await service.openContainer(`${place.workspaceId.slice(0, 26)}-${randomUUID()}`);
    const blobUri = `${urlsFor(c).account(storage)}/${lent.containerName}`;
    const group = `/subscriptions/${place.subscription}/resourceGroups/${place.resourceGroup}`;
    return c.json({
      pendingUploadId: typeof pendingUploadId === "string" ? pendingUploadId : randomUUID(),
      pendingUploadType,
      blobReferenceForConsumption: {
        blobUri,
        storageAccountArmId: `${group}/providers/Microsoft.Storage/storageAccounts/${storage.accountName}`,
        credential: {
          credentialType: "SAS",
          sasUri: `${blobUri}?${containerSignature(lent, "racwl")}`,
        },
      },
    });
  });
}
