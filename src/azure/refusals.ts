import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";

/** Characters of Azure's own words; of a refusal, and of each of its details. */
const MAX_WORDS = 500;
const MAX_DETAILS = 5;

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
    details: z.unknown().optional(),
  }),
});
const Details = z.array(
  z.object({
    code: z.string().nullish(),
    message: z.string().nullish(),
    details: z.unknown().optional(),
  }),
);
const InnerError = z.object({ code: z.string().nullish(), innerError: z.unknown().optional() });

export interface ServiceError {
  /** The deepest one: the outer code is only a class such as `UserError`. */
  readonly code: string;
  /** With the details in brackets: often the message only says that something is wrong, and they say what. */
  readonly message: string;
}

/** Azure's own words about what went wrong; undefined when the body is not of that form, or has none. */
export function serviceError(body: unknown): ServiceError | undefined {
  const parsed = ErrorAnswer.safeParse(body);
  if (!parsed.success) return undefined;
  const { error } = parsed.data;
  const code = deepestCode(error.innerError) ?? error.code;
  const told = detailsOf(error.details, error.message ?? "").join("; ");
  const message = [shortened(error.message ?? ""), told && `(${told})`].filter(Boolean).join(" ");
  return code || message ? { code: code ?? "error", message } : undefined;
}

/** Each with its code, and what stands below it; a message that was told already says nothing more. */
function detailsOf(details: unknown, message: string): readonly string[] {
  const told = new Set([message, ""]);
  const texts: string[] = [];
  const left = Details.safeParse(details).data ?? [];
  for (let next = left.shift(); next && texts.length < MAX_DETAILS; next = left.shift()) {
    left.unshift(...(Details.safeParse(next.details).data ?? []));
    const words = next.message ?? "";
    if (told.has(words)) continue;
    told.add(words);
    texts.push(`${next.code ?? "error"}: ${shortened(words)}`);
  }
  return texts;
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
  const text = error ? `${error.code}: ${error.message}` : shortened(asText(body));
  return text.trim() || "no details";
}

function shortened(text: string): string {
  return text.slice(0, MAX_WORDS).trim();
}

function asText(body: unknown): string {
  if (body === undefined) return "";
  return typeof body === "string" ? body : JSON.stringify(body);
}
