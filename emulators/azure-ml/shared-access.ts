import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  ContainerSASPermissions,
  generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { systemClock } from "#emulators/kit/clock.ts";
import type { BlobStorage } from "./storage.ts";

const HOUR_MS = 60 * 60 * 1000;

/** A query that lets its holder do anything to blobs of the account for an hour. */
export function accountSignature({ accountName, accountKey }: BlobStorage): string {
  return generateAccountSASQueryParameters(
    {
      services: AccountSASServices.parse("b").toString(),
      resourceTypes: AccountSASResourceTypes.parse("sco").toString(),
      permissions: AccountSASPermissions.parse("rwdlacup"),
      expiresOn: inAnHour(),
    },
    new StorageSharedKeyCredential(accountName, accountKey),
  ).toString();
}

/** The same for the default datastore's container; `permissions` as in `racwl`. */
export function containerSignature(
  { accountName, accountKey, containerName }: BlobStorage,
  permissions: string,
): string {
  return generateBlobSASQueryParameters(
    {
      containerName,
      permissions: ContainerSASPermissions.parse(permissions),
      expiresOn: inAnHour(),
    },
    new StorageSharedKeyCredential(accountName, accountKey),
  ).toString();
}

/** In real time, by which the storage emulator goes. */
function inAnHour(): Date {
  return new Date(systemClock.now() + HOUR_MS);
}
