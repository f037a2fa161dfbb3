import { z } from "zod";
import { StableRows } from "#domain/baseline.ts";
import { ErrorBody, ErrorCode } from "#domain/errors.ts";
import { Evidence, LoggedMetrics, RowTally } from "#domain/gate/evidence.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import { Pipeline, Verdict } from "#domain/pipeline.ts";

/** One variant on one dataset after its runs, and what its verdict can be found from again. */
export const MeasuredCell = z.object({
  /** Place among the runs of the pipeline. */
  index: z.number().int(),
  variant: z.string().nullable(),
  /** Its name, and its digest. */
  dataset: z.string(),
  digest: z.string(),
  logged: LoggedMetrics,
  /** What its runs said of themselves that their lines do not show. */
  troubles: RowTally.shape.troubles,
  /** Null where the gate asked for no baseline. */
  baseline: StableRows.nullable(),
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
