import {
  type HttpHandler,
  HttpRequest,
  type HttpRequestInit,
  type HttpResponseInit,
  InvocationContext,
} from "@azure/functions";

/** Calls a handler as the worker does; `path` is below `/api`. */
export async function ask(
  handler: HttpHandler,
  path: string,
  init: Omit<HttpRequestInit, "url"> = {},
): Promise<HttpResponseInit> {
  const request = new HttpRequest({ method: "GET", ...init, url: `http://127.0.0.1/api${path}` });
  const context = new InvocationContext({ logHandler: () => {} });
  return (await handler(request, context)) as HttpResponseInit;
}

/** The body of a problem. */
export function problemOf(response: HttpResponseInit): Record<string, unknown> {
  return JSON.parse(String(response.body));
}
