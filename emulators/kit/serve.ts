import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Server } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { type Clock, systemClock, WORK_HEADER } from "./clock.ts";

export interface Connection {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

export type Answer = (request: Request, connection: Connection) => Response | Promise<Response>;

export interface Emulator extends AsyncDisposable {
  /** Without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** By name, where one emulator serves several. */
  readonly urls?: Readonly<Record<string, string>>;
}

const LOOPBACK_NAMES = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * Speaks HTTP on 127.0.0.1 until disposed; port 0 takes a free one.
 * Rejects with a sentence that names the port when it is taken. An answer counts as work of the clock.
 */
export async function serve(
  answer: Answer,
  port = 0,
  clock: Clock = systemClock,
): Promise<Emulator> {
  const server = createServer(requestListener(answer, clock));
  await listen(server, port);
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What a server of Node calls for a request; other hosts than these get a 403. */
export function requestListener(
  answer: Answer,
  clock: Clock,
  isOurs: (host: string | undefined) => boolean = isLoopback,
): RequestListener {
  return getRequestListener(
    (request, { incoming, outgoing }) => {
      const connection = { incoming, outgoing } as unknown as Connection;
      return isOurs(connection.incoming.headers.host)
        ? counted(clock, connection.incoming, async () => answer(request, connection))
        : new Response("Only loopback names are served here.\n", { status: 403 });
      // The library would put classes of its own in Node's place, for the app in a host as well.
    },
    { overrideGlobalObjects: false },
  );
}

function counted(
  clock: Clock,
  { method, url = "", headers }: IncomingMessage,
  run: () => Promise<Response>,
): Promise<Response> {
  const within = headers[WORK_HEADER];
  const isTold = typeof within === "string";
  return clock.work(`${method} ${url.split("?")[0]}`, run, { within: isTold ? within : null });
}

/** A page on another site could reach us through DNS rebinding; its name in `Host` gives it away. */
export function isLoopback(host: string | undefined): boolean {
  return host !== undefined && LOOPBACK_NAMES.has(host.replace(/:\d+$/, "").toLowerCase());
}

/** On 127.0.0.1; rejects with what to do about a port that is taken, which `option` of the command line names. */
export function listen(server: Server, port: number, option = "--port"): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const message = `Port ${port} on 127.0.0.1 is taken. Stop what listens there, or name another with ${option}.`;
      reject(error.code === "EADDRINUSE" ? new Error(message, { cause: error }) : error);
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}
