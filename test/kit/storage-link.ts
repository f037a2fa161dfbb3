import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A cable to a blob service that counts, and that can be cut. */
export interface StorageLink extends AsyncDisposable {
  /** The given one, with the blob service at the other end of the cable. */
  readonly connectionString: string;
  /** Resolves when a connection has ended that brought at least so many bytes from now on, with their number. */
  ended(atLeast: number): Promise<number>;
  /** Cuts every connection once this many further bytes came, and lets none through from then on. */
  cutAfter(bytes: number): void;
}

const BLOB_ENDPOINT = /BlobEndpoint=(http:\/\/127\.0\.0\.1:(\d+))/;

export async function startStorageLink(storage: string): Promise<StorageLink> {
  const port = Number(BLOB_ENDPOINT.exec(storage)?.[2]);
  const ends = new EventTarget();
  const connections = new Set<{ brought: number }>();
  const sockets = new Set<Socket>();
  let bytes = 0;
  let limit = Number.POSITIVE_INFINITY;

  const server = createServer((near) => {
    if (bytes >= limit) {
      near.destroy();
      return;
    }
    const far = connect(port, "127.0.0.1");
    const connection = { brought: 0 };
    connections.add(connection);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      // What a cut connection has to say is said by its end.
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    far.on("data", (chunk) => {
      bytes += chunk.length;
      connection.brought += chunk.length;
      if (bytes >= limit) for (const socket of sockets) socket.destroy();
    });
    near.on("close", () => {
      connections.delete(connection);
      ends.dispatchEvent(new CustomEvent("end", { detail: connection.brought }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const own = (server.address() as AddressInfo).port;
  return {
    connectionString: storage.replace(BLOB_ENDPOINT, `BlobEndpoint=http://127.0.0.1:${own}`),
    async ended(atLeast) {
      for (const connection of connections) connection.brought = 0;
      let brought = 0;
      while (brought < atLeast) {
        const [end] = (await once(ends, "end")) as [CustomEvent<number>];
        brought = end.detail;
      }
      return brought;
    },
    cutAfter(more) {
      limit = bytes + more;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
