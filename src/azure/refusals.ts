import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";

const MAX_DETAIL = 500;

/** What an answer that is no success said of itself; the `cause` of the error that is made of it. */
export class RefusedAnswer extends Error {
  readonly status: number;
  /** Azure's own code; undefined when the body has none. */
  readonly code: string | undefined;

  constructor({ status, body }: Pick<Refusal, "status" | "body">) {
    super(`answer ${status}`);
    this.status = status;
    this.code = serviceError(body)?.code;
  }
}

/** An answer that is no success, told the same way whoever received it. */
export interface Refusal {
  /** Method and path, never the query: it can carry signatures. */
  readonly call: string;
  readonly status: number;
  /** Parsed JSON, or the text. */
  readonly body: unknown;
  readonly requestId: string;
  /** Further statuses of this call that pass with time. */
  readonly busy?: readonly number[] | undefined;
  /** The header: seconds, or the date of HTTP. */
  readonly retryAfter?: string | null | undefined;
}

/** 408, 429 and 5xx are AZURE_BUSY, anything else AZURE_REFUSED. */
export function refusal(refused: Refusal): PipelineError {
  const { call, status, body, requestId, retryAfter } = refused;
  const busy = status >= 500 || [408, 429, ...(refused.busy ?? [])].includes(status);
  const advice = adviceFor(status, busy);
  const message = `Azure answered ${status} to ${call}: ${detailOf(body)} (request ${requestId}).${advice}`;
  const cause = new RefusedAnswer(refused);
  const retryAfterMs = waitAskedFor(retryAfter ?? "");
  return new PipelineError(busy ? "AZURE_BUSY" : "AZURE_REFUSED", message, { cause, retryAfterMs });
}

/** Milliseconds from now; undefined where none are asked for, or they are over. */
function waitAskedFor(retryAfter: string): number | undefined {
  const isSeconds = /^\s*\d+(\.\d+)?\s*$/.test(retryAfter);
  const ms = isSeconds ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now();
  return ms > 0 ? ms : undefined;
}

/** The same refusal as one that passes with time, for where only the caller knows that. */
export function passing({ message, cause, retryAfterMs }: PipelineError): PipelineError {
  return new PipelineError("AZURE_BUSY", message, { cause, retryAfterMs });
}

/** What to do about trouble of Azure's own, once our tries are used up; follows a sentence. */
export const COME_AGAIN = " Start the pipeline again later, with a higher attempt.";

/** No service of Azure's answers with a page; a proxy or a gateway does. */
export function isPage(contentType: string | null | undefined): boolean {
  return /^text\/html\b/i.test(contentType ?? "");
}

/** AZURE_BUSY: Azure itself never saw the call. */
export function pageAnswered(call: string, status: number, requestId: string): PipelineError {
  const message = `Something on the way to Azure answered ${status} to ${call} with a page of HTML (request ${requestId}).${COME_AGAIN}`;
  return new PipelineError("AZURE_BUSY", message);
}

/** Empty where Azure's own words are all there is to go by. */
function adviceFor(status: number, busy: boolean): string {
  if (status === 401) return " Check the identity that Flowgate runs as.";
  if (status === 403) return " Give the identity that Flowgate runs as the right to this call.";
  if (status === 404) return " See whether somebody removed it, or it has another name.";
  return busy ? COME_AGAIN : "";
}

const ErrorAnswer = z.object({
  error: z.object({
    code: z.string().nullish(),
    message: z.string().nullish(),
    innerError: z.unknown().optional(),
  }),
});
const InnerError = z.object({ code: z.string().nullish(), innerError: z.unknown().optional() });

export interface ServiceError {
  /** The deepest one: the outer code is only a class such as `UserError`. */
  readonly code: string;
  readonly message: string;
}

/** Azure's own words about what went wrong; undefined when the body is not of that form. */
export function serviceError(body: unknown): ServiceError | undefined {
  const parsed = ErrorAnswer.safeParse(body);
  if (!parsed.success) return undefined;
  const { code, message, innerError } = parsed.data.error;
  return { code: deepestCode(innerError) ?? code ?? "error", message: message ?? "" };
}

function deepestCode(inner: unknown): string | undefined {
  let code: string | undefined;
  let next = InnerError.safeParse(inner);
  for (let depth = 0; next.success && depth < 20; depth += 1) {
    code = next.data.code ?? code;
    next = InnerError.safeParse(next.data.innerError);
  }
  return code;
}

function detailOf(body: unknown): string {
  const error = serviceError(body);
  const text = error ? `${error.code}: ${error.message}` : asText(body);
  return text.slice(0, MAX_DETAIL).trim() || "no details";
}

function asText(body: unknown): string {
  if (body === undefined) return "";
  return typeof body === "string" ? body : JSON.stringify(body);
}
