import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Whoever waits for a streamed answer. */
export interface Caller {
  /** Aborted when nobody waits any longer. */
  readonly gone: AbortSignal;
  /** Resolves when what was written before has left; rejects when the caller has. */
  ready(): Promise<void>;
  /** Ends the connection, so that half an answer does not look like a whole one. */
  breakOff(): void;
}

/** Where streaming is off the library reads the whole body, and nobody can go before it has. */
const UNSEEN: Caller = {
  gone: new AbortController().signal,
  ready: () => Promise.resolve(),
  breakOff() {},
};

export interface Callers {
  find(invocationId: string): Caller;
}

/**
 * Finds the other end of an answer. The library writes a body as fast as it can be read, does not notice that nobody
 * listens, and leaves the connection open when the body fails; it hands out neither connection nor signal. Node tells
 * of every request that its servers get, and the host gives each the id of its invocation.
 */
export function watchCallers(): Callers {
  const callers = new Map<string, Caller>();
  subscribe("http.server.request.start", (message) => {
    const { request, response } = message as {
      readonly request: IncomingMessage;
      readonly response: ServerResponse;
    };
    const id = request.headers["x-ms-invocation-id"];
    if (typeof id !== "string") return;
    callers.set(id, callerOf(response));
    response.once("close", () => callers.delete(id));
  });
  return { find: (id) => callers.get(id) ?? UNSEEN };
}

function callerOf(response: ServerResponse): Caller {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return {
    gone: gone.signal,
    async ready() {
      if (response.writableNeedDrain) await once(response, "drain", { signal: gone.signal });
    },
    breakOff: () => response.destroy(),
  };
}
