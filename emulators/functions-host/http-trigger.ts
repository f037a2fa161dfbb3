import type { Connection } from "#emulators/kit/serve.ts";
import type { RegisteredFunction } from "./app-registry.ts";
import { answerStreamed } from "./http-stream.ts";
import type { Invocation, InvocationOutcome } from "./invoke.ts";
import type { HostLog } from "./log.ts";
import { parseRoute, type RouteTemplate } from "./routes.ts";
import type { HttpCookie, HttpData, Nullable, TypedData } from "./typed-data.ts";

export interface HttpFunction {
  readonly registered: RegisteredFunction;
  readonly methods: readonly string[];
  /** With the prefix, without a leading slash. */
  readonly template: string;
  readonly route: RouteTemplate;
}

const MAX_BODY_BYTES = 104_857_600;

const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Reads a function's HTTP trigger. Throws when the host would call it "in error". */
export function httpFunction(
  registered: RegisteredFunction,
  prefix: string,
  resolve: (text: string) => string,
): HttpFunction {
  const { binding } = registered.trigger;
  const route = resolve(typeof binding.route === "string" ? binding.route : registered.name);
  const conflict = [route, registered.name].find((text) => /^\/?(admin|runtime)/i.test(text));
  if (conflict) {
    throw new Error(
      `The specified route conflicts with one or more built in routes: "${conflict}" begins with admin or runtime.`,
    );
  }
  const methods = (Array.isArray(binding.methods) ? binding.methods : ["GET", "POST"]) as string[];
  const template = [prefix, route.replace(/^\/+/, "")].filter(Boolean).join("/");
  return {
    registered,
    methods: methods.map((method) => method.toUpperCase()),
    template,
    route: parseRoute(template),
  };
}

export interface RoutedRequest {
  readonly target: HttpFunction;
  readonly params: Readonly<Record<string, string>>;
}

/** The first function in order of name whose route and methods match; a literal route wins nothing. */
export function findTarget(
  functions: readonly HttpFunction[],
  method: string,
  path: string,
): RoutedRequest | undefined {
  if (path.includes("//")) return undefined;
  for (const target of functions) {
    if (!target.methods.includes(method)) continue;
    const params = target.route.match(path);
    if (params) return { target, params };
  }
  return undefined;
}

export interface HttpOptions {
  /** Where the app listens when it streams. */
  readonly httpUri: string | undefined;
  readonly log: HostLog;
  readonly run: (
    registered: RegisteredFunction,
    trigger: Omit<Invocation, "durableClient">,
  ) => Promise<InvocationOutcome>;
}

/** Answers one request with a function. */
export async function answerHttp(
  request: Request,
  connection: Connection,
  { target, params: encoded }: RoutedRequest,
  { httpUri, log, run }: HttpOptions,
): Promise<Response> {
  const length = Number(connection.incoming.headers["content-length"] ?? 0);
  if (length > MAX_BODY_BYTES) return new Response(null, { status: 500 });
  const entries = Object.entries(encoded).map(([name, value]) => [name, decode(value)] as const);
  const params = Object.fromEntries(entries);
  if (httpUri !== undefined) {
    return answerStreamed(request, connection, {
      functionName: target.registered.name,
      params,
      httpUri,
      log,
      run: (trigger) => run(target.registered, trigger),
    });
  }
  // A chunked upload has no length, and the real host then sends no body on.
  const body = length > 0 ? new Uint8Array(await request.arrayBuffer()) : undefined;
  const http = requestData(request, params, body);
  const outcome = await run(target.registered, { data: { http } });
  if (outcome.kind === "threw") return new Response(null, { status: 500 });
  const answer = outcome.returnValue?.http;
  return answer ? responseOf(answer) : new Response(null, { status: 204 });
}

function requestData(
  request: Request,
  params: Readonly<Record<string, string>>,
  body: Uint8Array | undefined,
): HttpData {
  const url = new URL(request.url);
  return {
    method: request.method,
    url: url.href,
    nullableHeaders: nullable([...request.headers].filter(([, value]) => value !== "")),
    nullableQuery: nullable(joinRepeated(url.searchParams)),
    nullableParams: nullable(Object.entries(params)),
    ...(body ? { body: { bytes: body } } : {}),
  };
}

/** Names are the same but for case; the first spelling stays, the values are joined. */
function joinRepeated(query: URLSearchParams): readonly (readonly [string, string])[] {
  const values = new Map<string, { name: string; values: string[] }>();
  for (const [name, value] of query) {
    const known = values.get(name.toLowerCase());
    if (known) known.values.push(value);
    else values.set(name.toLowerCase(), { name, values: [value] });
  }
  return [...values.values()].map((entry) => [entry.name, entry.values.join(",")] as const);
}

function nullable(entries: readonly (readonly [string, string])[]) {
  const values = entries.map(([name, value]): [string, Nullable] => [name, { value }]);
  return Object.fromEntries(values);
}

/** An encoded slash stays encoded, as in ASP.NET. */
function decode(value: string): string {
  return value.split(/(%2f)/i).map(decodePart).join("");
}

function decodePart(part: string): string {
  if (/^%2f$/i.test(part)) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    // A lone percent sign is taken as it is.
    return part;
  }
}

function responseOf({ statusCode, headers = {}, cookies = [], body }: HttpData): Response {
  const status = Number(statusCode ?? 200);
  const answer = new Headers(headers);
  for (const cookie of cookies) answer.append("set-cookie", cookieText(cookie));
  const bytes = bodyOf(body);
  const hasBody = bytes.length > 0 && !BODILESS.has(status);
  // The real host never states a length.
  if (hasBody) answer.set("transfer-encoding", "chunked");
  return new Response(hasBody ? new Blob([bytes as Uint8Array<ArrayBuffer>]).stream() : null, {
    status,
    headers: answer,
  });
}

function bodyOf(body: TypedData | null | undefined): Uint8Array {
  return body?.bytes ?? Buffer.from(body?.string ?? "");
}

function cookieText(cookie: HttpCookie): string {
  const expires = cookie.expires && new Date(cookie.expires.value.seconds * 1000).toUTCString();
  const sameSite = cookie.sameSite === "explicitNone" ? "none" : cookie.sameSite;
  return [
    `${cookie.name}=${encodeURIComponent(cookie.value)}`,
    expires && `expires=${expires}`,
    cookie.maxAge && `max-age=${cookie.maxAge.value}`,
    cookie.domain && `domain=${cookie.domain.value}`,
    cookie.path && `path=${cookie.path.value}`,
    cookie.secure?.value && "secure",
    cookie.sameSite !== "none" && sameSite && `samesite=${sameSite}`,
    cookie.httpOnly?.value && "httponly",
  ]
    .filter(Boolean)
    .join("; ");
}
