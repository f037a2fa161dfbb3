import { z } from "zod";

/** Everything that Flowgate refuses or gives up on, with a sentence each in docs/reference/errors.md. */
export const ErrorCode = z.enum([
  "APP_UNKNOWN",
  "AZURE_BUSY",
  "AZURE_REFUSED",
  "AZURE_UNEXPECTED",
  "BUNDLE_INVALID",
  "BUNDLE_TOO_LARGE",
  "BUNDLE_UNKNOWN",
  "DATA_CHANGED",
  "DATA_INVALID",
  "DATA_UNKNOWN",
  "DEPLOYMENT_FAILED",
  "DEPLOYMENT_TIMEOUT",
  "DEPLOY_NOT_ALLOWED",
  "ENDPOINT_BUSY",
  "ENVIRONMENT_FAILED",
  "ENVIRONMENT_TIMEOUT",
  "INTERNAL",
  "MANIFEST_INVALID",
  "METRIC_INVALID",
  "PIPELINE_UNKNOWN",
  "REQUEST_INVALID",
  "RESOURCE_LEAKED",
  "RESULTS_MISSING",
  "ROWS_FAILED",
  "RUN_FAILED",
  "RUN_TIMEOUT",
  "SETTINGS_INVALID",
  "SMOKE_FAILED",
]);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** Worth another attempt; everything absent from this set is a fact that a retry cannot change. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set(["AZURE_BUSY"]);

/** One thing wrong with what somebody sent. `line` counts from 1, as an editor does. */
export const Problem = z.object({
  file: z.string().optional(),
  line: z.number().int().positive().optional(),
  path: z.string().optional(),
  message: z.string(),
});
export type Problem = z.infer<typeof Problem>;

/** An error as the pipeline document and durable history carry it. `line` counts from 1. */
export const ErrorBody = z.object({
  code: ErrorCode,
  message: z.string(),
  file: z.string().nullable().default(null),
  line: z.number().int().nullable().default(null),
  node: z.string().nullable().default(null),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

export interface Where {
  readonly file?: string | null;
  readonly line?: number | null;
  readonly node?: string | null;
}

interface PipelineErrorOptions extends ErrorOptions {
  readonly where?: Where;
  readonly problems?: readonly Problem[];
  readonly retryAfterMs?: number | undefined;
}

/**
 * The one error we throw on purpose. `code` survives the durable boundary, where classes do not:
 * a replayed orchestrator sees a message and these properties, never this prototype.
 */
export class PipelineError extends Error {
  override readonly name = "PipelineError";
  readonly code: ErrorCode;
  readonly where: Where;
  readonly problems: readonly Problem[];
  /** How long the service asked us to stay away. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    { where = {}, problems = [], retryAfterMs, ...options }: PipelineErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.where = where;
    this.problems = problems;
    this.retryAfterMs = retryAfterMs;
  }

  get retryable(): boolean {
    return RETRYABLE.has(this.code);
  }

  get body(): ErrorBody {
    return ErrorBody.parse({ code: this.code, message: this.message, ...this.where });
  }
}

/** The message and every problem, for a log. */
export function inWords({ message, problems }: PipelineError): string {
  return [message, ...problems.map(problemWords)].join("\n  ");
}

/** `file:line path: message`, of which there is what is known. */
export function problemWords({ file, line, path, message }: Problem): string {
  const place = [file, line].filter((part) => part !== undefined).join(":");
  const where = [place, path].filter((part) => part !== undefined && part !== "").join(" ");
  return where === "" ? message : `${where}: ${message}`;
}
