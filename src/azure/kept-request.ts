import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request,
} from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import { text } from "node:stream/consumers";

export interface KeptRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

/** As much of a `Response` as a client of JSON needs. */
export interface KeptAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: Headers;
  text(): Promise<string>;
}

const plain = new Agent({ keepAlive: true });
const secure = new SecureAgent({ keepAlive: true });

/**
 * As `fetch`, without redirects, over connections that are kept. The rows of a large run are tens of
 * thousands of pages, and `fetch` leaves so much behind of each that memory doubles.
 */
export async function keptRequest(
  url: string,
  { method, headers, body, signal }: KeptRequest,
): Promise<KeptAnswer> {
  const content = body === null ? null : Buffer.from(body);
  const length = content === null ? {} : { "content-length": content.byteLength };
  const options = { method, headers: { ...headers, ...length }, signal };
  const response = await answerTo(begin(new URL(url), options), content);
  const status = response.statusCode ?? 0;
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: headersOf(response),
    text: () => text(response),
  };
}

function begin(url: URL, options: RequestOptions): ClientRequest {
  return url.protocol === "https:"
    ? secureRequest(url, { ...options, agent: secure })
    : request(url, { ...options, agent: plain });
}

function answerTo(asking: ClientRequest, content: Buffer | null): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asking.once("response", resolve);
    asking.on("error", reject);
    asking.end(content ?? undefined);
  });
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return headers;
}
