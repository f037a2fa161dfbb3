import { type Clock, systemClock } from "#emulators/kit/clock.ts";
import { AZURE, type Connection, SERVERLESS } from "./connections.ts";
import { LineError, userError } from "./errors.ts";
import { type Posted, postJson } from "./post-json.ts";
import { isDict } from "./python-values.ts";

const MAX_ATTEMPTS = 3;
const LONGEST_WAIT_MS = 60_000;
const FIRST_WAIT_MS = 1_000;

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: "BadRequestError",
  401: "AuthenticationError",
  403: "PermissionDeniedError",
  404: "NotFoundError",
  409: "ConflictError",
  422: "UnprocessableEntityError",
  429: "RateLimitError",
};

export interface ModelRequest {
  readonly connection: Connection;
  /** The last part of the path; default `chat/completions`. */
  readonly call?: "chat/completions" | "completions";
  /** Most attempts; default 3. */
  readonly attempts?: number;
  /** Body of the call; `model` is the deployment's name on Azure. */
  readonly body: Readonly<Record<string, unknown>> & { readonly model: string };
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** Asks the model, again when that may help. Rejects with LineError as prompt flow words it. */
export async function askModel(request: ModelRequest): Promise<Readonly<Record<string, unknown>>> {
  const clock = request.clock ?? systemClock;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await post(request);
    if ("body" in answer) return answer.body;
    if (!answer.retryable) throw apiError(answer.type, answer.message);
    if (attempt === (request.attempts ?? MAX_ATTEMPTS)) throw exceeded(answer.type, answer.message);
    const backoff = FIRST_WAIT_MS * 2 ** (attempt - 1);
    const wait = Math.min(answer.retryAfterMs ?? backoff, LONGEST_WAIT_MS);
    await clock.pause(clock.now() + wait, request.signal);
    request.signal.throwIfAborted();
  }
}

interface Refusal {
  readonly type: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
}

async function post({
  connection,
  call = "chat/completions",
  body,
  signal,
}: ModelRequest): Promise<{ body: Record<string, unknown> } | Refusal> {
  const { url, headers } = endpointOf(connection, call, body.model);
  let answer: Posted;
  try {
    answer = await postJson(url, headers, body, signal);
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error && error.message !== "" ? ` (${error.message})` : "";
    return {
      type: "APIConnectionError",
      message: `Connection error to ${url}${cause}.`,
      retryable: true,
      retryAfterMs: undefined,
    };
  }
  const parsed = parseJson(answer.text);
  if (isOk(answer) && isDict(parsed)) return { body: parsed };
  return refusal(answer, parsed);
}

function isOk({ status }: Posted): boolean {
  return status >= 200 && status < 300;
}

function refusal(answer: Posted, parsed: unknown): Refusal {
  const { status, headers, text } = answer;
  const type = isOk(answer)
    ? "APIResponseValidationError"
    : (ERROR_TYPES[status] ?? (status >= 500 ? "InternalServerError" : "APIStatusError"));
  const error = isDict(parsed) && isDict(parsed.error) ? parsed.error : {};
  const isOverQuota = error.code === "insufficient_quota" || error.type === "insufficient_quota";
  const seconds = Number(headers["retry-after"] ?? Number.NaN);
  return {
    type,
    message: `Error code: ${status} - ${text.slice(0, 2_000)}`,
    retryable: status >= 500 || status === 422 || (status === 429 && !isOverQuota),
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : undefined,
  };
}

function endpointOf(
  { type, value }: Connection,
  call: string,
  model: string,
): { url: string; headers: Record<string, string> } {
  const key = String(value.api_key ?? "");
  if (type === AZURE) {
    const base = trimSlash(value.api_base);
    const version = encodeURIComponent(String(value.api_version ?? "2024-02-01"));
    return {
      url: `${base}/openai/deployments/${encodeURIComponent(model)}/${call}?api-version=${version}`,
      headers: { "api-key": key, "ms-azure-ai-promptflow-called-from": "aoai-tool" },
    };
  }
  const base =
    type === SERVERLESS
      ? `${trimSlash(value.api_base)}/v1`
      : trimSlash(value.base_url ?? "https://api.openai.com/v1");
  const organization =
    typeof value.organization === "string" ? { "openai-organization": value.organization } : {};
  return {
    url: `${base}/${call}`,
    headers: { authorization: `Bearer ${key}`, ...organization },
  };
}

const trimSlash = (url: unknown) => String(url ?? "").replace(/\/+$/, "");

function apiError(type: string, message: string): LineError {
  return new LineError(userError(`OpenAIError/${type}`, `OpenAI API hits ${type}: ${message}`));
}

function exceeded(type: string, message: string): LineError {
  return new LineError(
    userError(
      "OpenAIError/ExceedMaxRetryTimes",
      `OpenAI API hits exceed max retry times. OpenAI API hits ${type}: ${message}`,
    ),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
