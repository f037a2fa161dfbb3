import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { accountSignature } from "#emulators/azure-ml/shared-access.ts";
import type { BlobStorage } from "#emulators/azure-ml/storage.ts";
import { STORAGE_AUDIENCE, tokenProblem } from "#emulators/azure-ml/tokens.ts";
import type { Clock } from "#emulators/kit/clock.ts";

/** Hands requests for the storage account's own host name to the storage emulator, and its answers back. */
export function createBlobRelay(storage: BlobStorage, clock: Clock) {
  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const bearer = /^Bearer (.+)$/i.exec(incoming.headers.authorization ?? "")?.[1];
    const problem = bearer && tokenProblem(bearer, STORAGE_AUDIENCE, clock.now());
    if (problem) {
      outgoing.writeHead(401, { "x-ms-error-code": "InvalidAuthenticationInfo" });
      outgoing.end(problem);
      return;
    }
    const passed = request(bearer ? signed(storage, incoming) : asItCame(storage, incoming));
    passed.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on("error", () => {
      if (!outgoing.headersSent) outgoing.writeHead(503, { "x-ms-error-code": "ServerBusy" });
      outgoing.end();
    });
    outgoing.on("close", () => passed.destroy());
    incoming.pipe(passed);
  };
}

function asItCame({ url }: BlobStorage, { method, url: path, headers }: IncomingMessage) {
  const { hostname, port } = new URL(url);
  return { hostname, port, method, path, headers };
}

/** The storage emulator takes tokens over TLS only, so the account's own signature stands in for one. */
function signed(storage: BlobStorage, incoming: IncomingMessage) {
  const { authorization: _token, ...headers } = incoming.headers;
  const { url: path = "/" } = incoming;
  const separator = path.includes("?") ? "&" : "?";
  return {
    ...asItCame(storage, incoming),
    headers,
    path: path + separator + accountSignature(storage),
  };
}
