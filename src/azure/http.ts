import { randomUUID } from "node:crypto";
import type { TokenCredential } from "@azure/core-auth";
import { PipelineError } from "#domain/errors.ts";
import { ARM_SCOPE, ML_SCOPE, requireToken } from "./credential.ts";
import { type AnswerHeaders, type KeptAnswer, keptRequest } from "./kept-request.ts";
import { COME_AGAIN, isPage, pageAnswered, refusal } from "./refusals.ts";
import { type Sleep, withTries } from "./tries.ts";

/** A submit may take the prompt flow service a minute. */
const TIMEOUT_MS = 120_000;

export interface HttpRequest {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly url: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the service acts for the caller, with a token of its own for that. */
  readonly asCaller?: boolean;
  /** Statuses besides 2xx that are answers rather than errors, e.g. 404 for "not there". */
  readonly accept?: readonly number[];
  /** Statuses that pass with time besides 408, 429 and 5xx, e.g. 409 while another operation goes on. */
  readonly busy?: readonly number[];
  /** False where a second try could do harm; then the caller looks first. GET, PUT and DELETE are repeatable. */
  readonly repeatable?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Parsed JSON; undefined when the body is empty; the text where it is no JSON. */
  readonly body: unknown;
  /** The service's own id of the request, else ours. */
  readonly requestId: string;
}

export type AzureHttp = (request: HttpRequest) => Promise<HttpAnswer>;

/**
 * Calls Azure with an ARM token, a client request id and a few quick retries of 408, 429 and 5xx.
 * Rejects with AZURE_BUSY (worth retrying later) or AZURE_REFUSED; the message names call, status,
 * Azure's own code and message, and the request id.
 */
export function createAzureHttp(credential: TokenCredential, sleep?: Sleep): AzureHttp {
  return (request) => {
    const tries = request.repeatable === false ? 1 : undefined;
    return withTries(() => send(credential, request), { tries, sleep });
  };
}

/** The error for an answer that was accepted by its status, but is none after all. */
export function refuse(request: HttpRequest, answer: HttpAnswer): PipelineError {
  return refusal({
    call: nameOf(request),
    status: answer.status,
    body: answer.body,
    requestId: answer.requestId,
    busy: request.busy,
    retryAfter: answer.headers.get("retry-after"),
  });
}

/** Method and path: a query can carry signatures. */
function nameOf({ method, url }: HttpRequest): string {
  return `${method} ${new URL(url).pathname}`;
}

async function send(credential: TokenCredential, request: HttpRequest): Promise<HttpAnswer> {
  const requestId = randomUUID();
  const tokens = await tokensFor(credential, request);
  let response = await exchange(request, requestId, tokens);
  if (response.status === 401) {
    const renewed = await tokensFor(credential, request, { anew: true }).catch(() => tokens);
    const isOther = renewed["authorization"] !== tokens["authorization"];
    if (isOther) {
      // What nobody reads keeps its connection.
      await response.text().catch(() => undefined);
      response = await exchange(request, requestId, renewed);
    }
  }
  return judge(request, requestId, response);
}

type Tokens = Readonly<Record<string, string>>;

async function tokensFor(
  credential: TokenCredential,
  { asCaller = false }: HttpRequest,
  options: { anew?: boolean } = {},
): Promise<Tokens> {
  const authorization = `Bearer ${await requireToken(credential, ARM_SCOPE, options)}`;
  if (!asCaller) return { authorization };
  return { authorization, "aml-user-token": await requireToken(credential, ML_SCOPE, options) };
}

function exchange(request: HttpRequest, requestId: string, tokens: Tokens): Promise<KeptAnswer> {
  const { method, url, body, headers } = request;
  return keptRequest(url, {
    method,
    headers: {
      ...tokens,
      "x-ms-client-request-id": requestId,
      "user-agent": "flowgate",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? null : JSON.stringify(body),
    timeoutMs: TIMEOUT_MS,
  }).catch((cause: unknown) => {
    const message = `No answer to ${nameOf(request)}: ${reasonOf(cause)} (request ${requestId}).${COME_AGAIN}`;
    throw new PipelineError("AZURE_BUSY", message, { cause });
  });
}

async function judge(
  request: HttpRequest,
  requestId: string,
  response: KeptAnswer,
): Promise<HttpAnswer> {
  const { accept = [] } = request;
  const text = await response.text().catch((cause: unknown) => {
    const message = `The answer to ${nameOf(request)} broke off: ${reasonOf(cause)} (request ${requestId}).${COME_AGAIN}`;
    throw new PipelineError("AZURE_BUSY", message, { cause });
  });
  const { status } = response;
  if (response.ok && isPage(response.headers.get("content-type"))) {
    throw pageAnswered(nameOf(request), status, requestId);
  }
  const answer = {
    status,
    headers: response.headers,
    body: parse(text),
    requestId: response.headers.get("x-ms-request-id") ?? requestId,
  };
  if (response.ok || accept.includes(status)) return answer;
  throw refuse(request, answer);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function parse(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
