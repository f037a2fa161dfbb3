import { createServer as createHttpServer } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { BlobStorage } from "#emulators/azure-ml/storage.ts";
import { type Clock, systemClock } from "#emulators/kit/clock.ts";
import {
  type Answer,
  type Emulator,
  isLoopback,
  listen,
  requestListener,
} from "#emulators/kit/serve.ts";
import { blobHost, CERTIFIED_NAMES, hostName, isAzureHost } from "./azure-names.ts";
import { ensureCertificate } from "./ensure-certificate.ts";
import { createBlobRelay } from "./relay-blobs.ts";

interface FrontDoorOptions {
  readonly port: number;
  /** Data folder; the certificate is kept in its `tls/`. */
  readonly folder: string;
  readonly answer: Answer;
  readonly storage: BlobStorage;
  readonly clock: Clock;
}

export interface FrontDoor extends Emulator {
  readonly authorityFile: string;
}

/** The first byte of a TLS handshake. */
const HANDSHAKE = 22;

/**
 * One port of 127.0.0.1 that speaks TLS as `https://localhost`, and is an HTTP proxy for the names of Azure:
 * a client behind it reaches the emulated service under those, and nothing else at all.
 */
export async function openFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  const { port, folder, answer, storage, clock } = options;
  const { authorityFile, certificate, key } = ensureCertificate(
    folder,
    CERTIFIED_NAMES,
    // Clients judge a certificate by real time.
    new Date(systemClock.now()),
  );
  const tls = { cert: certificate, key };
  const account = blobHost(storage.accountName);
  const local = createTlsServer(tls, requestListener(answer, clock));
  const azure = createTlsServer(tls, requestListener(answer, clock, isAzureHost));
  const blobs = createTlsServer(tls, createBlobRelay(storage, clock));
  const proxy = createProxy((host) => {
    if (isLoopback(host)) return local;
    if (hostName(host) === account && isLoopback(new URL(storage.url).host)) return blobs;
    return isAzureHost(host) ? azure : undefined;
  });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket)).on("error", () => socket.destroy());
    socket.once("readable", () => {
      const first: Buffer | null = socket.read();
      if (!first) return;
      socket.unshift(first);
      (first[0] === HANDSHAKE ? local : proxy).emit("connection", socket);
    });
  });
  await listen(server, port, "--tls");
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `https://localhost:${bound}`,
    port: bound,
    authorityFile,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Answers CONNECT alone; whatever else a client would send out of this machine is refused. */
function createProxy(serverFor: (host: string) => TlsServer | undefined) {
  const proxy = createHttpServer((_request, response) => {
    response.writeHead(403, { "content-type": "text/plain" });
    response.end("This proxy serves HTTPS to the names of Azure that are emulated here.\n");
  });
  proxy.on("connect", ({ url = "" }, socket: Duplex, head: Buffer) => {
    const server = serverFor(url);
    socket.on("error", () => socket.destroy());
    if (!server) {
      socket.end(`HTTP/1.1 403 ${url} is not emulated\r\nconnection: close\r\n\r\n`);
      return;
    }
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (head.length > 0) socket.unshift(head);
    server.emit("connection", socket);
  });
  return proxy;
}
