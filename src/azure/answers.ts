import type { z } from "zod";
import { PipelineError } from "#domain/errors.ts";

/** What is read of an answer; an SDK keeps the request's id to itself. */
export interface Answered {
  readonly body: unknown;
  readonly requestId?: string;
}

/** The part of an answer that we rely on; AZURE_UNEXPECTED names the call and the first field that is not as it has to be. */
export function readAnswer<Answer>(
  schema: z.ZodType<Answer>,
  { body, requestId }: Answered,
  call: string,
): Answer {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") || "the body";
  const request = requestId === undefined ? "" : ` (request ${requestId})`;
  const message = `Azure's answer to ${call} is not of the form expected: ${field}: ${issue?.message}${request}.`;
  throw new PipelineError("AZURE_UNEXPECTED", message);
}
