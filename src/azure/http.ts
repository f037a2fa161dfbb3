import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { TokenCredential } from "@azure/core-auth";
import { PipelineError } from "#domain/errors.ts";
import { ARM_SCOPE } from "./credential.ts";

const TIMEOUT_MS = 120_000;
const MAX_DETAIL = 500;
/** In-process tries for what passes quickly; longer trouble is the orchestrator's to wait out. */
const TRIES = 3;
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 10_000;

export interface HttpRequest {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly url: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses besides 2xx that are answers rather than errors, e.g. 404 for "not there". */
  readonly accept?: readonly number[];
  /** False where a second try could do harm; then the caller looks first. GET, PUT and DELETE are repeatable. */
  readonly repeatable?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; undefined when the body is empty; the text where it is no JSON. */
  readonly body: unknown;
}

export type AzureHttp = (request: HttpRequest) => Promise<HttpAnswer>;

/**
 * Calls Azure with an ARM token, a client request id and a few quick retries of 408, 429 and 5xx.
 * Rejects with AZURE_BUSY (worth retrying later) or AZURE_REFUSED; the message names call, status,
 * Azure's own code and message, and the request id.
 */
export function createAzureHttp(credential: TokenCredential): AzureHttp {
  return async (request) => {
    const tries = request.repeatable === false ? 1 : TRIES;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send(credential, request);
      } catch (error) {
        if (!(error instanceof PipelineError) || !error.retryable || attempt === tries) throw error;
        await sleep(error.cause instanceof RetryLater ? error.cause.ms : backoff(attempt));
      }
    }
  };
}

/** How long the service asked us to stay away. */
class RetryLater extends Error {
  readonly ms: number;

  constructor(ms: number) {
    super(`retry after ${ms} ms`);
    this.ms = ms;
  }
}

function backoff(attempt: number): number {
  return FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
}

async function send(credential: TokenCredential, request: HttpRequest): Promise<HttpAnswer> {
  const { method, url, body, headers, accept = [] } = request;
  const requestId = randomUUID();
  const token = await credential.getToken(ARM_SCOPE);
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token?.token}`,
      "x-ms-client-request-id": requestId,
      "user-agent": "flowgate",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new PipelineError("AZURE_BUSY", `No answer to ${nameOf(request)} (${requestId}).`, {
      cause,
    });
  });
  const text = await response.text().catch((cause: unknown) => {
    throw new PipelineError("AZURE_BUSY", `${nameOf(request)} broke off (${requestId}).`, {
      cause,
    });
  });
  if (!response.ok && !accept.includes(response.status)) {
    throw refusal(request, response, text, requestId);
  }
  return { status: response.status, headers: response.headers, body: parse(text) };
}

function refusal(request: HttpRequest, response: Response, text: string, requestId: string) {
  const { status } = response;
  const busy = status === 408 || status === 429 || status >= 500;
  const id = response.headers.get("x-ms-request-id") ?? requestId;
  const message = `Azure answered ${status} to ${nameOf(request)}: ${detailOf(text)} (request ${id}).`;
  const seconds = Number(response.headers.get("retry-after"));
  const waits = Number.isFinite(seconds) && seconds > 0;
  const cause = new RetryLater(Math.min(seconds * 1_000, LONGEST_WAIT_MS));
  return new PipelineError(busy ? "AZURE_BUSY" : "AZURE_REFUSED", message, waits ? { cause } : {});
}

/** Method and path: a query can carry signatures. */
function nameOf({ method, url }: HttpRequest): string {
  return `${method} ${new URL(url).pathname}`;
}

function detailOf(text: string): string {
  const body = parse(text) as
    | { error?: { code?: unknown; message?: unknown } }
    | string
    | undefined;
  const error = typeof body === "object" ? body?.error : undefined;
  const detail = error ? `${error.code ?? "error"}: ${error.message ?? ""}` : text;
  return detail.slice(0, MAX_DETAIL).trim() || "no details";
}

function parse(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
