import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Connection } from "#emulators/kit/serve.ts";
import type { RegisteredFunction } from "./app-registry.ts";
import { requestData, responseOf } from "./http-data.ts";
import { answerStreamed } from "./http-stream.ts";
import type { Run } from "./invocation.ts";
import type { HostLog } from "./log.ts";
import { parseRoute, type RouteTemplate } from "./routes.ts";

export interface HttpFunction {
  readonly registered: RegisteredFunction;
  readonly methods: readonly string[];
  /** With the prefix, without a leading slash. */
  readonly template: string;
  readonly route: RouteTemplate;
}

const MAX_BODY_BYTES = 104_857_600;

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
  readonly run: Run;
}

/** Answers one request with a function. */
export async function answerHttp(
  request: Request,
  connection: Connection,
  routed: RoutedRequest,
  options: HttpOptions,
): Promise<Response> {
  const answer = await answerOf(request, connection, routed, options);
  if (!answer.headers.has("content-type")) leaveUntyped(connection.outgoing);
  return answer;
}

/** The server gives every body a type; the real host gives bytes none. */
function leaveUntyped(outgoing: ServerResponse): void {
  const { writeHead } = outgoing;
  outgoing.writeHead = ((status: number, { "content-type": _, ...headers }: OutgoingHttpHeaders) =>
    writeHead.call(outgoing, status, headers)) as ServerResponse["writeHead"];
}

async function answerOf(
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
  const http = requestData(request, connection.incoming, params, body);
  const outcome = await run(target.registered, { data: { http } });
  if (outcome.kind === "threw") return new Response(null, { status: 500 });
  const answer = outcome.returnValue?.http;
  return answer ? responseOf(answer) : new Response(null, { status: 204 });
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
