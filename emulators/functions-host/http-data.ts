import type { IncomingMessage } from "node:http";
import type { HttpCookie, HttpData, Nullable, TypedData } from "./typed-data.ts";

/** Statuses whose answer has no body. */
export const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** A request as the worker is given it; parameters are decoded. */
export function requestData(
  request: Request,
  { headersDistinct }: IncomingMessage,
  params: Readonly<Record<string, string>>,
  body: Uint8Array | undefined,
): HttpData {
  const url = new URL(request.url);
  return {
    method: request.method,
    url: url.href,
    nullableHeaders: nullable(joinedHeaders(headersDistinct).filter(([, value]) => value !== "")),
    nullableQuery: nullable(joinRepeated(url.searchParams)),
    nullableParams: nullable(Object.entries(params)),
    ...(body ? { body: { bytes: body } } : {}),
  };
}

/** A header that comes twice has no space after its comma. */
export function joinedHeaders(headers: IncomingMessage["headersDistinct"]) {
  return Object.entries(headers).map(([name, values = []]) => [name, values.join(",")] as const);
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

/** What a function answered, as its caller sees it. */
export function responseOf({ statusCode, headers = {}, cookies = [], body }: HttpData): Response {
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
