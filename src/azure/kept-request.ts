import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request,
} from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

export interface KeptRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** From the call until the answer's last byte. */
  readonly timeoutMs: number;
}

export interface AnswerHeaders {
  get(name: string): string | null;
}

/** As much of a `Response` as a client of JSON needs. */
export interface KeptAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** To be read once, by everybody: what nobody reads keeps its connection. */
  text(): Promise<string>;
}

const plain = new Agent({ keepAlive: true });
const secure = new SecureAgent({ keepAlive: true });
const utf8 = new TextDecoder();

/**
 * As `fetch`, without redirects, over connections that are kept. The rows of a large run are tens of
 * thousands of pages, so that what is left behind of each one decides how much memory they take: `fetch`
 * leaves enough to double it, and a signal of its own for each stays until its time is over.
 */
export async function keptRequest(
  url: string,
  { method, headers, body, timeoutMs }: KeptRequest,
): Promise<KeptAnswer> {
  const content = body === null ? null : Buffer.from(body);
  const length = content === null ? {} : { "content-length": content.byteLength };
  const asking = begin(new URL(url), { method, headers: { ...headers, ...length } });
  let answer: IncomingMessage | undefined;
  const over = new AbortController();
  sleep(timeoutMs, undefined, { signal: over.signal }).then(
    // Once the answer has begun, whoever reads it hears of nothing else.
    () => (answer ?? asking).destroy(new Error(`it took longer than ${timeoutMs / 1000} s`)),
    () => undefined,
  );
  asking.once("close", () => over.abort());
  answer = await answerTo(asking, content);
  return keptAnswer(answer);
}

function keptAnswer(answer: IncomingMessage): KeptAnswer {
  const status = answer.statusCode ?? 0;
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: { get: (name) => headerOf(answer, name) },
    text: () => textOf(answer),
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

function headerOf({ headers }: IncomingMessage, name: string): string | null {
  const value = headers[name.toLowerCase()];
  return (Array.isArray(value) ? value.join(", ") : value) ?? null;
}

function textOf(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    answer.on("data", (chunk: Buffer) => chunks.push(chunk));
    answer.once("end", () => resolve(utf8.decode(Buffer.concat(chunks))));
    answer.once("error", reject);
  });
}
