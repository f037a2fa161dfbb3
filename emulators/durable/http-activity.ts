import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { buffer } from "node:stream/consumers";
import type { Clock } from "#emulators/kit/clock.ts";
import type { HttpRequest, HttpResult } from "./http-request.ts";
import { resultHeaders } from "./http-result-headers.ts";

/** The fields of the event that ends an activity. */
export type HttpOutcome =
  | { readonly Result: string }
  | { readonly Reason: string; readonly Details: string; readonly FailureDetails: null };

export type SendHttp = (input: string | null, clock: Clock) => Promise<HttpOutcome>;

const PATIENCE_MS = 240_000;
const MOST_REDIRECTS = 50;
const USER_AGENT = "Microsoft.Azure.WebJobs.Extensions.DurableTask/3.15.2.0";

/** Proxies of the environment are for the world outside: an agent of one's own knows none. */
const DIRECT = { "http:": new HttpAgent(), "https:": new HttpsAgent() } as const;
const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Sends the request of a `callHttp`, following redirects. `input` is its JSON text. */
export async function runHttpActivity(input: string | null, clock: Clock): Promise<HttpOutcome> {
  const request = JSON.parse(input ?? "{}") as HttpRequest;
  const problem = problemOf(request);
  if (problem) return failure("System.InvalidOperationException", problem);
  const late = new AbortController();
  const done = new AbortController();
  void clock.until(clock.now() + PATIENCE_MS, done.signal).then(() => late.abort());
  try {
    const result = await clock.work("callHttp", () => follow(request, late.signal));
    return { Result: JSON.stringify(result) };
  } catch (error) {
    if (late.signal.aborted) {
      const message = `The request was canceled due to the configured HttpClient.Timeout of ${PATIENCE_MS / 1000} seconds elapsing.`;
      return failure("System.Threading.Tasks.TaskCanceledException", message);
    }
    const { type, message } = describe(error, new URL(request.uri));
    return failure(type, message, error);
  } finally {
    done.abort();
  }
}

function problemOf({ uri, headers = {}, tokenSource }: HttpRequest): string | undefined {
  if (tokenSource !== undefined && tokenSource !== null) {
    return "callHttp got a tokenSource, but this machine has no managed identity to get a token from. Leave tokenSource out here, and set an Authorization header if the service asks for one.";
  }
  if (!URL.canParse(uri)) {
    return `An invalid request URI was provided: '${uri}'. callHttp needs an absolute URL.`;
  }
  const { protocol } = new URL(uri);
  if (!(protocol in DIRECT)) return `The '${protocol.slice(0, -1)}' scheme is not supported.`;
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type");
  return String(type?.[1]).includes("multipart")
    ? "Multipart content is not supported with CallHttpAsync."
    : undefined;
}

async function follow(request: HttpRequest, signal: AbortSignal): Promise<HttpResult> {
  let { uri, method, content, headers = {} } = request;
  for (let redirects = 0; ; redirects += 1) {
    const response = await send({ uri, method, content, headers }, signal);
    const { statusCode = 0 } = response;
    const target = redirects < MOST_REDIRECTS ? redirectOf(response, uri) : undefined;
    if (!target) {
      const text = decode(await buffer(response), response.headers["content-type"]);
      return { statusCode, headers: resultHeaders(response.rawHeaders), content: text };
    }
    response.resume();
    uri = target;
    headers = without(headers, "authorization");
    const keepsMethod = statusCode === 307 || statusCode === 308;
    const becomesGet = statusCode === 303 ? method !== "HEAD" : method === "POST";
    if (!keepsMethod && becomesGet) [method, content] = ["GET", undefined];
  }
}

function redirectOf({ statusCode = 0, headers }: IncomingMessage, from: string) {
  if (![300, 301, 302, 303, 307, 308].includes(statusCode) || !headers.location) return undefined;
  const target = new URL(headers.location, from);
  const isDowngrade = from.startsWith("https:") && target.protocol === "http:";
  return target.protocol in DIRECT && !isDowngrade ? target.href : undefined;
}

function send(
  { uri, method, content, headers = {} }: HttpRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const url = new URL(uri);
  const isSecure = url.protocol === "https:";
  const agent = LOOPBACK.has(url.hostname) ? DIRECT[isSecure ? "https:" : "http:"] : undefined;
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  const body = content === undefined ? undefined : Buffer.from(content);
  // A type describes content, and goes with it.
  const given = Object.entries(body ? headers : without(headers, "content-type"));
  const sent = {
    "User-Agent": USER_AGENT,
    ...Object.fromEntries(given.map(([name, value]) => [name, [value].flat()])),
    ...(body ? { "Content-Length": String(body.length) } : {}),
    ...(body && !hasType ? { "Content-Type": "text/plain" } : {}),
  };
  return new Promise((resolve, reject) => {
    const start = isSecure ? requestHttps : requestHttp;
    const request = start(url, { method, headers: sent, agent, signal }, resolve);
    request.on("error", reject);
    request.end(body);
  });
}

function without(headers: NonNullable<HttpRequest["headers"]>, dropped: string) {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase() !== dropped),
  );
}

function decode(bytes: Uint8Array, contentType = ""): string {
  const charset = /charset="?([^";\s]+)/i.exec(contentType)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    // A charset that nobody knows.
    return new TextDecoder().decode(bytes);
  }
}

function describe(error: unknown, { hostname, port, protocol }: URL) {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const place = `(${hostname}:${port || (protocol === "https:" ? 443 : 80)})`;
  const message =
    code === "ECONNREFUSED"
      ? `Connection refused ${place}`
      : code === "ENOTFOUND" || code === "EAI_AGAIN"
        ? `Name or service not known ${place}`
        : "An error occurred while sending the request.";
  return { type: "System.Net.Http.HttpRequestException", message };
}

function failure(type: string, message: string, cause?: unknown): HttpOutcome {
  const inner = cause instanceof Error ? cause.message || String(cause) : undefined;
  const Details = {
    $type: `${type}, System.Net.Http`,
    ClassName: type,
    Message: message,
    Data: null,
    InnerException: inner === undefined ? null : { Message: inner },
  };
  return { Reason: message, Details: JSON.stringify(Details), FailureDetails: null };
}
