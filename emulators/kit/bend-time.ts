import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import { type Clock, timedOut, WORK_HEADER } from "./clock.ts";
import type { UnderWay, VirtualClock } from "./virtual-clock.ts";

/**
 * Gives this process the clock's time for good: `Date`, the waits of `node:timers/promises` and `AbortSignal.timeout`,
 * for code that knows no clock. A request counts as work until its answer has come, and says in a header whose it is.
 * Global `setTimeout` stays real: libraries guard real I/O with it.
 */
export function bendTime(clock: VirtualClock): void {
  globalThis.Date = dateOf(clock);
  AbortSignal.timeout = (ms) => timeoutSignal(clock, ms);
  timers.setTimeout = async (ms = 0, value, { signal } = {}) => {
    await clock.pause(clock.now() + ms, signal);
    if (signal?.aborted) throw aborted(signal);
    return value as never;
  };
  syncBuiltinESMExports();
  countFetches(clock);
  countNodeRequests(clock);
}

function dateOf(clock: Clock): DateConstructor {
  const now = () => clock.now();
  return new Proxy(Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: (target) => new target(now()).toString(),
    get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
  });
}

function timeoutSignal(clock: Clock, ms: number): AbortSignal {
  const late = new AbortController();
  void clock.until(clock.now() + ms).then(() => late.abort(timedOut()));
  return late.signal;
}

/** As Node words it. */
function aborted({ reason }: AbortSignal): Error {
  const error = new Error("The operation was aborted", { cause: reason });
  return Object.assign(error, { name: "AbortError", code: "ABORT_ERR" });
}

interface FetchMessage {
  readonly request: {
    readonly method: string;
    readonly origin: string;
    readonly path: string;
    addHeader(name: string, value: string): void;
  };
}

function countFetches(clock: VirtualClock): void {
  const underWay = new WeakMap<object, UnderWay>();
  subscribe("undici:request:create", (message) => {
    const { request } = message as FetchMessage;
    const work = clock.begin(nameOf(request.method, `${request.origin}${request.path}`));
    request.addHeader(WORK_HEADER, work.id);
    underWay.set(request, work);
  });
  for (const end of ["trailers", "error"]) {
    subscribe(`undici:request:${end}`, (message) => {
      underWay.get((message as FetchMessage).request)?.end();
    });
  }
}

interface NodeMessage {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
}

function countNodeRequests(clock: VirtualClock): void {
  subscribe("http.client.request.created", (message) => {
    const { request } = message as NodeMessage;
    const work = clock.begin(nameOf(request.method, `http://${request.host}${request.path}`));
    request.setHeader(WORK_HEADER, work.id);
    request.once("close", () => work.end());
  });
}

/** Without the query: it can carry signatures. */
function nameOf(method: string, url: string): string {
  return `${method} ${url.split("?")[0]}`;
}
