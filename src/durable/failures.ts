import { TaskFailedError } from "durable-functions";
import { z } from "zod";
import { ErrorBody, ErrorCode, PipelineError } from "#domain/errors.ts";

const FailureProperties = z.object({
  code: ErrorCode,
  retryable: z.boolean(),
  file: z.string().optional(),
  line: z.number().optional(),
  node: z.string().optional(),
  retryAfterMs: z.number().positive().optional(),
});
type FailureProperties = z.infer<typeof FailureProperties>;

/** Without properties the host flattens a thrown error to one string; with them its code travels. */
export function describeFailure(error: unknown): FailureProperties | undefined {
  if (!(error instanceof PipelineError)) return undefined;
  const { file, line, node } = error.where;
  return {
    code: error.code,
    retryable: error.retryable,
    ...(file == null ? {} : { file }),
    ...(line == null ? {} : { line }),
    ...(node == null ? {} : { node }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  };
}

/** Only a failure that says so is final; one that lost its properties on the way gets its retries. */
export function isFinal(error: unknown): boolean {
  const properties = propertiesOf(error);
  return properties !== undefined && !properties.retryable;
}

/** How long the service asked to be left alone, if it did. */
export function retryAfterMs(error: unknown): number | undefined {
  return propertiesOf(error)?.retryAfterMs;
}

/** What an orchestrator caught, as the pipeline document shows it. */
export function errorBody(error: unknown): ErrorBody {
  if (error instanceof PipelineError) return error.body;
  const message = messageOf(error);
  const properties = propertiesOf(error);
  return ErrorBody.parse(
    properties === undefined ? { code: "INTERNAL", message } : { ...properties, message },
  );
}

function propertiesOf(error: unknown): FailureProperties | undefined {
  if (!(error instanceof TaskFailedError)) return undefined;
  return FailureProperties.safeParse(error.failureDetails.properties).data;
}

function messageOf(error: unknown): string {
  if (error instanceof TaskFailedError) return error.failureDetails.errorMessage;
  return error instanceof Error && error.message !== "" ? error.message : "an error without words";
}
