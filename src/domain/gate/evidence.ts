import { z } from "zod";
import { MAX_ITEMS } from "#domain/document-limits.ts";
import { Spread } from "./statistics/spread.ts";

const Lines = z.array(z.number().int()).max(MAX_ITEMS);
const Count = z.number().int().min(0);

export const LoggedMetrics = z.object({
  /** Logged by the evaluation flow, finite. */
  finite: z.record(z.string(), z.number()),
  /** Logged, but no finite number: what it was instead, as JSON text. */
  malformed: z.record(z.string(), z.string()),
});
export type LoggedMetrics = z.infer<typeof LoggedMetrics>;

export const RowTally = z.object({
  expected: Count,
  correct: Count,
  incorrect: Count,
  runError: Count,
  evalError: Count,
  missing: Count,
  /** Rows of the evaluation run that have the output that `gate.correct` names. */
  graded: Count,
  /** The first row that failed: its line (from 0) and node, never its content. */
  firstError: z
    .object({ line: z.number().int(), node: z.string().nullable(), type: z.string().nullable() })
    .nullable(),
  /** What a run says of itself that its lines do not show; `node` and `type` of an error beside its lines. */
  troubles: z
    .array(
      z.object({
        run: z.enum(["base", "evaluation"]),
        /** Failed lines, by the run's own count and as its lines show them. */
        claimed: Count,
        shown: Count,
        node: z.string().nullable(),
        type: z.string().nullable(),
      }),
    )
    .default([]),
});
export type RowTally = z.infer<typeof RowTally>;

export const SliceCount = z.object({
  by: z.string(),
  /** As text on one line, its beginning where it is long; null for rows without the column. */
  value: z.string().nullable(),
  rows: Count,
  correct: Count,
});
export type SliceCount = z.infer<typeof SliceCount>;

/** The rows of the deployment that serves today beside those of this pipeline, line by line. */
export const Comparison = z.object({
  deployment: z.string(),
  rows: Count,
  broken: Count,
  fixed: Count,
  newlyBroken: Lines,
  newlyFixed: Lines,
  /** What its evaluation run logged, of the gate's metrics. */
  logged: z.record(z.string(), z.number()),
  /** Its value less ours, row by row, of those metrics that both have for each row. */
  differences: z.record(z.string(), Spread),
});
export type Comparison = z.infer<typeof Comparison>;

/** The rows of the two best variants line by line, of all datasets together. */
export const PairedCounts = z.object({
  rows: Count,
  /** Right in the better variant only. */
  onlyLeader: Count,
  onlySecond: Count,
});
export type PairedCounts = z.infer<typeof PairedCounts>;

/** Why there is nothing to compare with, in a sentence. */
const NoBaseline = z.object({ none: z.string() });

/**
 * Everything that the gate looks at of one variant on one dataset: counts and line numbers, and of the rows' content
 * no more than the values of the columns that `slices` names. It does not grow with the dataset.
 */
export const Evidence = z.object({
  tally: RowTally,
  logged: LoggedMetrics,
  /** Per-row values of the gate's logged metrics, where the evaluation outputs have them under the same name. */
  spreads: z.record(z.string(), Spread),
  /** Those of `USAGE_METRICS` that the gate names and the run reported. */
  usage: z.record(z.string(), z.number()),
  slices: z.array(SliceCount),
  /** Columns of `slices` with more values than are kept. */
  tooManySlices: z.array(z.string()),
  golden: z.object({ rows: Count, wrong: Lines, wrongRows: Count }).nullable(),
  /** The first rows that are wrong, failed or missing. */
  wrong: Lines,
  /** How often the rows were run. */
  repeats: z.number().int().min(1),
  flaky: Lines,
  flakyRows: Count,
  /** Null unless the gate asks for a baseline. */
  baseline: z.union([Comparison, NoBaseline]).nullable(),
});
export type Evidence = z.infer<typeof Evidence>;
