import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";
import { COME_AGAIN, refusal } from "./refusals.ts";
import { withTries } from "./tries.ts";

const TIMEOUT_MS = 120_000;

/** What Azure's SDKs throw; each of them brings its own copy of the class. */
const RestError = z.object({
  name: z.literal("RestError"),
  message: z.string(),
  code: z.string().optional(),
  statusCode: z.number().optional(),
  request: z.object({ requestId: z.string().optional() }).optional(),
  response: z
    .object({
      bodyAsText: z.string().nullish(),
      headers: z.custom<{ get(name: string): string | undefined }>().optional(),
    })
    .optional(),
});
type RestError = z.infer<typeof RestError>;

export interface SdkCallOptions {
  /** Of one try. */
  readonly timeoutMs?: number;
  readonly tries?: number;
}

/**
 * Runs a call of an SDK with our tries and timeout; `call` names it in messages, as in "GET the workspace".
 * Rejects with the same errors as {@link createAzureHttp}.
 */
export async function callSdk<Result>(
  call: string,
  send: (options: { abortSignal: AbortSignal }) => Promise<Result>,
  { timeoutMs = TIMEOUT_MS, tries }: SdkCallOptions = {},
): Promise<Result> {
  const attempt = async () => {
    try {
      return await send({ abortSignal: AbortSignal.timeout(timeoutMs) });
    } catch (error) {
      throw pipelineError(call, error, timeoutMs);
    }
  };
  return withTries(attempt, { tries });
}

/** As {@link callSdk}; 404 is the answer undefined. */
export async function findBySdk<Result>(
  call: string,
  send: (options: { abortSignal: AbortSignal }) => Promise<Result>,
): Promise<Result | undefined> {
  return callSdk(call, async (options) => {
    try {
      return await send(options);
    } catch (error) {
      if (RestError.safeParse(error).data?.statusCode === 404) return undefined;
      throw error;
    }
  });
}

function pipelineError(call: string, error: unknown, timeoutMs: number): PipelineError {
  if (error instanceof PipelineError) return error;
  const parsed = RestError.safeParse(error);
  if (parsed.success) return restFailure(call, parsed.data, error);
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === "AbortError" || name === "TimeoutError") {
    const silence = `No answer to ${call} within ${timeoutMs / 1_000} s.`;
    return new PipelineError("AZURE_BUSY", `${silence}${COME_AGAIN}`, { cause: error });
  }
  const detail = `No usable answer to ${call}: ${message}`;
  return new PipelineError("AZURE_UNEXPECTED", detail, { cause: error });
}

function restFailure(call: string, error: RestError, cause: unknown): PipelineError {
  const { statusCode, code, message, request, response } = error;
  const requestId = response?.headers?.get("x-ms-request-id") ?? request?.requestId ?? "unknown";
  if (statusCode === undefined) {
    const silence = `No answer to ${call}: ${message} (request ${requestId}).`;
    return new PipelineError("AZURE_BUSY", `${silence}${COME_AGAIN}`, { cause });
  }
  if (statusCode < 300) {
    const detail = `Azure's answer to ${call} cannot be read: ${message} (request ${requestId}).`;
    return new PipelineError("AZURE_UNEXPECTED", detail, { cause });
  }
  return refusal({
    call,
    status: statusCode,
    body: bodyOf(response?.bodyAsText) ?? { error: { code, message } },
    requestId,
    retryAfter: response?.headers?.get("retry-after"),
  });
}

/** Storage answers XML, whose code and message the SDK has already taken out. */
function bodyOf(text: string | null | undefined): unknown {
  if (!text?.startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
