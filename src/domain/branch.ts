import { z } from "zod";
import { ErrorBody } from "./errors.ts";
import { Pipeline } from "./pipeline.ts";
import { AcceptedPipeline } from "./request.ts";

/** What every branch of a pipeline starts from: the request, and what was known when it began. */
export const BranchInput = z.object({ accepted: AcceptedPipeline, pipeline: Pipeline });
export type BranchInput = z.infer<typeof BranchInput>;

/** A branch never throws: it answers how it went, together with the steps and resources it saw. */
export function branchOutcome<Value>(value: z.ZodType<Value>) {
  return z.object({
    pipeline: Pipeline,
    /** Null where the branch failed. */
    value: value.nullable(),
    error: ErrorBody.nullable(),
  });
}

export interface BranchOutcome<Value> {
  readonly pipeline: Pipeline;
  readonly value: Value | null;
  readonly error: ErrorBody | null;
}
