import type { z } from "zod";
import { PipelineError } from "#domain/errors.ts";

/** The part of an answer that we rely on; AZURE_UNEXPECTED names the call and the first field that is not as it has to be. */
export function readAnswer<Answer>(schema: z.ZodType<Answer>, body: unknown, call: string): Answer {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") || "the body";
  const message = `Azure's answer to ${call} is not of the form expected: ${field}: ${issue?.message}.`;
  throw new PipelineError("AZURE_UNEXPECTED", message);
}
