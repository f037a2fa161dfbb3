import { z } from "zod";
import { isUsageMetric } from "./usage.ts";

/** The share of dataset rows that are correct; every other metric is logged by the evaluation run, or of its usage. */
export const ACCURACY = "accuracy";

const Share = z.number().min(0).max(1);

/** A column of the dataset as the manifest names it, `data.<column>`. */
const DataColumn = z.string().regex(/^data\..+$/, "data.<column>, a column of the dataset");

const MetricRule = z
  .strictObject({
    name: z.string().min(1),
    min: z.number().optional(),
    max: z.number().optional(),
    /** Against the rows of the deployment that serves today, on the same dataset. */
    maxDrop: z.number().min(0).optional(),
    reportOnly: z.boolean().default(false),
  })
  .refine((rule) => rule.reportOnly || [rule.min, rule.max, rule.maxDrop].some(Number.isFinite), {
    message: "needs min, max or maxDrop (or reportOnly: true)",
  })
  .refine(({ min = -Infinity, max = Infinity }) => min <= max, {
    path: ["min"],
    message: "is more than max, so nothing could ever pass",
  })
  .refine(({ name, min = 0 }) => name !== ACCURACY || min <= 1, {
    path: ["min"],
    message: "accuracy is a share from 0 to 1, so nothing could ever pass",
  })
  .refine(({ name, max = 0 }) => name !== ACCURACY || max >= 0, {
    path: ["max"],
    message: "accuracy is a share from 0 to 1, so nothing could ever pass",
  })
  .refine(({ name, maxDrop }) => maxDrop === undefined || !isUsageMetric(name), {
    path: ["maxDrop"],
    message: "maxDrop is for metrics of which more is better; use max",
  });
export type MetricRule = z.infer<typeof MetricRule>;

const SliceRule = z.strictObject({
  by: DataColumn,
  min: Share,
  /** Slices of fewer rows are reported, not judged. */
  minRows: z.number().int().min(1).default(1),
});
export type SliceRule = z.infer<typeof SliceRule>;

const MAX_REPEATS = 20;

/** `gate` of `flowgate.yaml`; docs/guide/gate.md has every rule with an example. */
export const GatePolicy = z
  .strictObject({
    correct: z
      .strictObject({
        output: z.string().min(1),
        equals: z.union([z.string(), z.number(), z.boolean()]),
      })
      .default({ output: "grade", equals: "Correct" }),
    metrics: z
      .array(MetricRule)
      .min(1)
      .default([{ name: ACCURACY, min: 0.6, reportOnly: false }]),
    slices: z.array(SliceRule).default([]),
    /** Rows where this column is true must all be correct. */
    golden: DataColumn.optional(),
    /** How often every row is run. */
    repeats: z.number().int().min(1).max(MAX_REPEATS).default(1),
    /** In how many of them a row has to be right; more than half of them unless it is said. */
    minPass: z.number().int().min(1).optional(),
    confidence: z.number().min(0).lt(1, "has to be less than 1: 0.95 is 95 %").default(0),
    maxErrorRate: z.number().min(0).max(1, "has to be at most 1: 0.05 is 5 %").default(0.05),
    minRows: z.number().int().min(1).default(1),
  })
  .refine(({ repeats, minPass = 1 }) => minPass <= repeats, {
    path: ["minPass"],
    message: "is more than repeats, so no row could ever be right",
  });
export type GatePolicy = z.infer<typeof GatePolicy>;

/** In how many repeats a row has to be right. */
export function minPassOf({ repeats, minPass }: GatePolicy): number {
  return minPass ?? Math.floor(repeats / 2) + 1;
}

/** What a row has in the column that `data.<column>` names; undefined where it has none. */
export function cellOf(inputs: Readonly<Record<string, unknown>>, reference: string): unknown {
  const column = reference.slice("data.".length);
  return Object.hasOwn(inputs, column) ? inputs[column] : undefined;
}
