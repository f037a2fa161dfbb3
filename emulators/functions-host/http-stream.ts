import { randomUUID } from "node:crypto";
import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as send,
} from "node:http";
import { Readable } from "node:stream";
import { WORK_HEADER } from "#emulators/kit/clock.ts";
import type { Connection } from "#emulators/kit/serve.ts";
import { membersOf } from "./binding-expressions.ts";
import { BODILESS, joinedHeaders } from "./http-data.ts";
import type { InvocationOutcome, Trigger } from "./invocation.ts";
import type { HostLog } from "./log.ts";
import { spreadMembers, type TypedData } from "./typed-data.ts";

export interface StreamedCall {
  readonly functionName: string;
  /** Route parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Where the app's library listens for the other half of an invocation. */
  readonly httpUri: string;
  readonly log: HostLog;
  readonly run: (trigger: Trigger) => Promise<InvocationOutcome>;
}

/**
 * Answers one request of an app with `enableHttpStream`: the invocation goes to the worker as ever, the request itself
 * is passed on to the library's own server, whose answer is the caller's. As with Node worker 3.9, a caller whose
 * function throws or returns nothing waits until it gives up; the log names the function.
 */
export async function answerStreamed(
  request: Request,
  connection: Connection,
  call: StreamedCall,
): Promise<Response> {
  const invocationId = randomUUID();
  const json = await jsonOf(request, connection);
  let begun = false;
  const { proxied, answer } = passOn(request, connection, { invocationId, json }, call);
  const answered = answer.finally(() => {
    begun = true;
  });
  const invoked = call.run({
    data: { http: {} },
    triggerMetadata: metadataOf(request, connection, json, call),
    invocationId,
    // What is passed on is not answered before the function pauses no longer.
    within: workOf(proxied),
  });
  void invoked.then((outcome) =>
    begun ? tellOfHalf(outcome, call) : warnOfSilence(outcome, call),
  );
  return answered;
}

/** The work that a clock counts the request as, if it does. */
function workOf(proxied: ClientRequest): string | undefined {
  const id = proxied.getHeader(WORK_HEADER);
  return typeof id === "string" ? id : undefined;
}

/** The body of a JSON request, which the host reads as a whole before the function does; undefined for any other. */
async function jsonOf(request: Request, { incoming }: Connection): Promise<Buffer | undefined> {
  const isJson = /^application\/([\w.-]+\+)?json\b/i.test(incoming.headers["content-type"] ?? "");
  return isJson ? Buffer.from(await request.arrayBuffer()) : undefined;
}

/** The library takes `params` from here, and only from here: whatever a binding may name. */
function metadataOf(
  request: Request,
  { incoming }: Connection,
  json: Buffer | undefined,
  { params }: StreamedCall,
): Record<string, TypedData> {
  const { searchParams } = new URL(request.url);
  const query = Object.fromEntries(searchParams);
  const headers = Object.fromEntries(joinedHeaders(incoming.headersDistinct));
  return {
    ...spreadMembers(query),
    ...spreadMembers(membersOf(json?.toString())),
    ...spreadMembers(params),
    Headers: { json: JSON.stringify(headers) },
    Query: { json: JSON.stringify(query) },
  };
}

function passOn(
  request: Request,
  { incoming, outgoing }: Connection,
  { invocationId, json }: { readonly invocationId: string; readonly json: Buffer | undefined },
  { functionName, httpUri, log }: StreamedCall,
): { readonly proxied: ClientRequest; readonly answer: Promise<Response> } {
  const { pathname, search } = new URL(request.url);
  const headers = {
    ...incoming.headers,
    "x-ms-invocation-id": invocationId,
    "x-forwarded-host": incoming.headers.host ?? "",
    "x-forwarded-proto": "http",
  };
  const proxied = send(httpUri, {
    method: request.method,
    path: `${pathname}${search}`,
    headers,
  });
  const answer = new Promise<Response>((resolve) => {
    proxied.on("response", (given) => resolve(responseOf(given, request.method)));
    proxied.on("error", (error) => {
      if (!outgoing.destroyed) {
        log.host("error", `${functionName}: its HTTP stream broke off: ${error.message}`);
      }
      resolve(new Response(null, { status: 502 }));
    });
  });
  // A caller who has gone takes the app's half with him.
  outgoing.once("close", () => proxied.destroy());
  if (json) proxied.end(json);
  else incoming.pipe(proxied);
  return { proxied, answer };
}

function responseOf(answer: IncomingMessage, method: string): Response {
  const status = answer.statusCode ?? 200;
  const headers = headersOf(answer.headers);
  if (method === "HEAD" || BODILESS.has(status)) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(answer) as ReadableStream, { status, headers });
}

function headersOf(from: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(from)) {
    if (name === "connection" || name === "keep-alive") continue;
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  return headers;
}

function warnOfSilence(outcome: InvocationOutcome, { functionName, log }: StreamedCall): void {
  const cause = silenceOf(outcome);
  if (!cause) return;
  log.host(
    "warning",
    `${functionName} ${cause}; with HTTP streaming on, its caller gets no answer, as with the real worker. Catch everything, and always return a response.`,
  );
}

/** Whether its caller sees that too is the function's to say: the library leaves the connection open. */
function tellOfHalf(outcome: InvocationOutcome, { functionName, log }: StreamedCall): void {
  if (outcome.kind === "returned") return;
  log.host("error", `${functionName} failed while its answer was on its way: ${outcome.message}`);
}

function silenceOf(outcome: InvocationOutcome): string | undefined {
  if (outcome.kind === "threw") return `threw "${outcome.message}"`;
  return outcome.result === undefined || outcome.result === null ? "returned nothing" : undefined;
}
