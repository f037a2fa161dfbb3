import { z } from "zod";
import { ErrorBody, ErrorCode } from "#domain/errors.ts";
import { Evidence, LoggedMetrics } from "#domain/gate/evidence.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import { Pipeline, Verdict } from "#domain/pipeline.ts";

/** The stored rows that a cell was compared with, or why there are none. */
const ComparedWith = z.union([
  z.object({
    deployment: z.string(),
    /** Id of the pipeline that evaluated it. */
    pipeline: z.string(),
    variant: z.string().nullable(),
    /** As its rows name it; null where that pipeline had only one. */
    dataset: z.string().nullable(),
    logged: z.record(z.string(), z.number()),
  }),
  z.object({ none: z.string() }),
]);
export type ComparedWith = z.infer<typeof ComparedWith>;

/** One variant on one dataset after its runs, and what its verdict can be found from again. */
export const MeasuredCell = z.object({
  /** Place among the runs of the pipeline. */
  index: z.number().int(),
  variant: z.string().nullable(),
  /** Its name, and its digest. */
  dataset: z.string(),
  digest: z.string(),
  logged: LoggedMetrics,
  /** Null where the gate asked for no baseline. */
  baseline: ComparedWith.nullable(),
  /** Why there is no evidence. */
  error: ErrorBody.nullable(),
});
export type MeasuredCell = z.infer<typeof MeasuredCell>;

const Judgement = z.object({
  verdict: Verdict,
  code: ErrorCode.nullable(),
  node: z.string().nullable(),
});

export const ReportCell = MeasuredCell.extend({
  /** Blob of container `results`; null where the cell gave no rows. */
  rows: z.string().nullable(),
  /** Blobs of what its runs wrote. */
  logs: z.array(z.string()),
  evidence: Evidence.nullable(),
  judgement: Judgement,
});
export type ReportCell = z.infer<typeof ReportCell>;

/** `results/{id}/report.json`: the pipeline with its lists whole, and what its verdict rests on. No content of rows but the values of sliced columns. */
export const Report = Pipeline.extend({
  policy: GatePolicy,
  /** In the order of the runs; none where nothing could be measured. */
  cells: z.array(ReportCell),
});
export type Report = z.infer<typeof Report>;
