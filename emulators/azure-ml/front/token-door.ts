import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { BlobStorage } from "#emulators/azure-ml/storage.ts";
import type { Clock } from "#emulators/kit/clock.ts";
import { listen } from "#emulators/kit/serve.ts";
import { createBlobRelay } from "./relay-blobs.ts";

export interface TokenDoor extends AsyncDisposable {
  /** `127.0.0.1:PORT`; the account is the first path segment. */
  readonly endpoint: string;
}

/** Lets tokens in to the storage emulator, which takes none without TLS. */
export async function openTokenDoor(storage: BlobStorage, clock: Clock): Promise<TokenDoor> {
  const server = createServer(createBlobRelay(storage, clock));
  await listen(server, 0);
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
