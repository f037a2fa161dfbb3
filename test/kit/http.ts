import {
  type HttpHandler,
  HttpRequest,
  type HttpRequestInit,
  type HttpResponse,
  InvocationContext,
} from "@azure/functions";
import { answering } from "#functions/answering.ts";

/** Calls a handler as main.ts registers it; `path` is below `/api`. */
export async function ask(
  handler: HttpHandler,
  path: string,
  init: Omit<HttpRequestInit, "url"> = {},
): Promise<HttpResponse> {
  const request = new HttpRequest({ method: "GET", ...init, url: `http://127.0.0.1/api${path}` });
  const context = new InvocationContext({ logHandler: () => {} });
  return (await answering(handler)(request, context)) as HttpResponse;
}

/** The body of a problem. */
export async function problemOf(response: HttpResponse): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}
