import { Hono } from "hono";
import { type Clock, systemClock } from "./clock.ts";
import type { Answer, Connection } from "./serve.ts";

export interface SeenRequest {
  readonly n: number;
  readonly at: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Null while it is being answered, and for a connection that was dropped. */
  status: number | null;
}

type HttpEffect =
  | { status: number; headers?: Record<string, string>; body?: unknown }
  | { drop: "before" | "after" }
  | { delayMs: number }
  | { expire: true };

interface HttpFault {
  method?: string;
  path?: string;
  /** So many that match are spared first. */
  skip?: number;
  times?: number;
  do: HttpEffect;
}

/** Something that the emulated service does wrong, rather than its wire. */
export interface OutcomeFault {
  on: string;
  /** Regular expression over the thing's name. */
  match?: string;
  line?: number;
  times?: number;
  outcome: "failed" | "never";
  message?: string;
}

type Fault = (HttpFault | OutcomeFault) & { id: string; skip?: number; left: number };

const MAX_REQUESTS = 50_000;
const PREFIX = "/_emulator";
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);
/** As Azure Resource Manager says it. */
const EXPIRED = {
  status: 401,
  headers: { "www-authenticate": 'Bearer error="invalid_token"' },
  body: { error: { code: "ExpiredAuthenticationToken", message: "The access token expired." } },
};

/**
 * What tests and people may see and break without the emulated surface knowing: every request,
 * and faults by route. Lives under `/_emulator/`.
 */
export class BackDoor {
  /** More routes under `/_emulator/` can be added here. */
  readonly routes = new Hono();
  readonly #clock: Clock;
  #requests: SeenRequest[] = [];
  #faults: Fault[] = [];
  /** `Authorization` headers that a fault has declared expired. */
  readonly #expired = new Set<string>();
  #count = 0;
  #faultCount = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#addRoutes();
  }

  /** Wraps the emulated surface: logs, breaks what was asked to be broken, and answers the back door itself. */
  guard(surface: Answer): Answer {
    return async (request, connection) => {
      const url = new URL(request.url);
      if (url.pathname === PREFIX || url.pathname.startsWith(`${PREFIX}/`)) {
        return this.routes.fetch(request);
      }
      const seen = this.#see(request.method, url.pathname + url.search);
      const response = await this.#answer(request, connection, surface, seen.path);
      seen.status = response?.status ?? null;
      return response ?? hangUp(connection);
    };
  }

  /** The outcome fault for this event, if one was asked for; using it up counts against `times`. */
  takeOutcome(on: string, name: string, line?: number): OutcomeFault | undefined {
    return this.#take(
      (fault): fault is Fault & OutcomeFault =>
        "on" in fault &&
        fault.on === on &&
        (fault.match === undefined || new RegExp(fault.match).test(name)) &&
        (fault.line === undefined || fault.line === line),
    );
  }

  async #answer(request: Request, connection: Connection, surface: Answer, path: string) {
    const authorization = request.headers.get("authorization") ?? "";
    if (this.#expired.has(authorization)) return brokenAnswer(EXPIRED);
    const effect = this.#take(
      (fault): fault is Fault & HttpFault =>
        "do" in fault &&
        (fault.method === undefined || fault.method.toUpperCase() === request.method) &&
        (fault.path === undefined || new RegExp(fault.path).test(path)),
    )?.do;
    if (!effect) return surface(request, connection);
    if ("expire" in effect) {
      this.#expired.add(authorization);
      return brokenAnswer(EXPIRED);
    }
    if ("delayMs" in effect) {
      await this.#clock.pause(this.#clock.now() + effect.delayMs);
      return surface(request, connection);
    }
    if ("drop" in effect) {
      if (effect.drop === "after") await surface(request, connection);
      return undefined;
    }
    return brokenAnswer(effect);
  }

  #see(method: string, path: string): SeenRequest {
    this.#count += 1;
    const at = new Date(this.#clock.now()).toISOString();
    const seen: SeenRequest = { n: this.#count, at, method, path, status: null };
    this.#requests.push(seen);
    if (this.#requests.length > MAX_REQUESTS) this.#requests.shift();
    return seen;
  }

  #take<Wanted extends Fault>(wanted: (fault: Fault) => fault is Wanted): Wanted | undefined {
    for (const fault of this.#faults.filter(wanted)) {
      if (fault.skip) {
        fault.skip -= 1;
        continue;
      }
      fault.left -= 1;
      if (fault.left <= 0) this.#faults = this.#faults.filter((other) => other !== fault);
      return fault;
    }
    return undefined;
  }

  #addRoutes() {
    const routes = this.routes.basePath(PREFIX);
    routes.get("/health", (c) => c.json({ status: "ready" }));
    routes.get("/requests", (c) => {
      const after = Number(c.req.query("after") ?? 0);
      return c.json({ items: this.#requests.filter(({ n }) => n > after) });
    });
    routes.delete("/requests", (c) => {
      this.#requests = [];
      return c.body(null, 204);
    });
    routes.get("/faults", (c) => c.json({ items: this.#faults }));
    routes.post("/faults", async (c) => {
      const fault = await c.req.json().catch(() => undefined);
      const problem = problemOf(fault);
      if (problem) return c.json({ error: { code: "BadFault", message: problem } }, 400);
      this.#faultCount += 1;
      const id = `fault-${this.#faultCount}`;
      this.#faults.push({ ...fault, id, left: fault.times ?? 1 });
      return c.json({ id }, 201);
    });
    routes.delete("/faults", (c) => {
      this.#faults = [];
      return c.body(null, 204);
    });
  }
}

function problemOf(fault: unknown): string | undefined {
  if (typeof fault !== "object" || fault === null) return "A fault is a JSON object.";
  const { skip, times, on, outcome, do: effect } = fault as Record<string, unknown>;
  for (const name of ["path", "match"] as const) {
    const pattern = (fault as Record<string, unknown>)[name];
    if (pattern !== undefined && !isRegularExpression(pattern)) {
      return `${name} is not a regular expression.`;
    }
  }
  if (skip !== undefined && !isWhole(skip, 0, Number.MAX_SAFE_INTEGER)) {
    return "skip is a whole number, 0 or more.";
  }
  if (times !== undefined && !isWhole(times, 1, Number.MAX_SAFE_INTEGER)) {
    return "times is a whole number, 1 or more.";
  }
  if (on === undefined) return problemOfEffect(effect);
  return outcome === "failed" || outcome === "never"
    ? undefined
    : `outcome must be "failed" or "never".`;
}

function problemOfEffect(effect: unknown): string | undefined {
  const { status, drop, delayMs, expire } = (effect ?? {}) as Record<string, unknown>;
  if (expire !== undefined) return expire === true ? undefined : "expire is true.";
  if (status !== undefined) {
    return isWhole(status, 200, 599) ? undefined : "status is a whole number from 200 to 599.";
  }
  if (drop !== undefined) {
    return drop === "before" || drop === "after" ? undefined : `drop must be "before" or "after".`;
  }
  if (delayMs === undefined) {
    return `A fault has either "on" and "outcome", or "do" with one of status, drop, delayMs, expire.`;
  }
  const isTime = typeof delayMs === "number" && delayMs >= 0;
  return isTime ? undefined : "delayMs is a number of milliseconds, 0 or more.";
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}

function isRegularExpression(pattern: unknown): boolean {
  if (typeof pattern !== "string") return false;
  try {
    new RegExp(pattern);
    return true;
  } catch {
    return false;
  }
}

function brokenAnswer({ status, headers, body }: Extract<HttpEffect, { status: number }>) {
  if (body === undefined || BODILESS.has(status))
    return new Response(null, { status, headers: headers ?? {} });
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Response(text, {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}

/** Resets the connection; the answer is never sent. */
function hangUp({ incoming }: Connection): Promise<Response> {
  const { socket } = incoming;
  // A connection in TLS has no reset of its own.
  if ("encrypted" in socket) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
  return Promise.resolve(new Response(null, { status: 499 }));
}
