import type { TokenCredential } from "@azure/core-auth";
import {
  AnonymousCredential,
  BlobServiceClient,
  type ContainerClient,
  newPipeline,
  type Pipeline,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { requireToken, STORAGE_SCOPE } from "./credential.ts";
import { type Datastore, isLoopback } from "./datastore.ts";

/** Tries are ours, in `callSdk`. */
export const ONE_TRY = { retryOptions: { maxTries: 1 } };

/** The datastore's container, opened as the datastore says. */
export function containerOf(datastore: Datastore, identity: TokenCredential): ContainerClient {
  return serviceOf(datastore, identity).getContainerClient(datastore.container);
}

function serviceOf({ url, access }: Datastore, identity: TokenCredential): BlobServiceClient {
  switch (access.kind) {
    case "key": {
      const key = new StorageSharedKeyCredential(access.account, access.key);
      return new BlobServiceClient(url, key, ONE_TRY);
    }
    case "sas":
      return new BlobServiceClient(`${url}?${access.token}`, undefined, ONE_TRY);
    case "identity":
      return isLoopback(url)
        ? new BlobServiceClient(url, loopbackToken(identity))
        : new BlobServiceClient(url, identity, ONE_TRY);
  }
}

/** The SDK's own bearer policy refuses plain HTTP, which never leaves the machine here. */
function loopbackToken(identity: TokenCredential): Pipeline {
  const pipeline = newPipeline(new AnonymousCredential(), ONE_TRY);
  pipeline.factories.push({
    create: (next) => ({
      async sendRequest(request) {
        const token = await requireToken(identity, STORAGE_SCOPE);
        request.headers.set("authorization", `Bearer ${token}`);
        return next.sendRequest(request);
      },
    }),
  });
  return pipeline;
}
