import { z } from "zod";
import type { GatePolicy } from "./gate/policy.ts";
import type { Pipeline, RunRecord } from "./pipeline.ts";

/** The stored rows that a candidate is compared with, or in a sentence why there are none. */
export const StableRows = z.union([
  z.object({
    deployment: z.string(),
    /** Id of the pipeline that evaluated it. */
    pipeline: z.string(),
    variant: z.string().nullable(),
    /** As its rows name it; null where that pipeline had only one. */
    dataset: z.string().nullable(),
    /** What its evaluation run logged; all of it, for rehearsals of other gates. */
    logged: z.record(z.string(), z.number()),
  }),
  z.object({ none: z.string() }),
]);
export type StableRows = z.infer<typeof StableRows>;
export type KnownRows = Exclude<StableRows, { readonly none: string }>;

/** What an endpoint does today; `bundle` is null where Flowgate did not deploy it. */
export type Serving =
  | { readonly state: "absent" | "idle" }
  | {
      readonly state: "serving";
      readonly deployment: string;
      readonly bundle: string | null;
      readonly variant: string | null;
    };

/** Metrics that are held against what serves today. */
export function comparedMetrics({ metrics }: GatePolicy): readonly string[] {
  return metrics.filter(({ maxDrop }) => maxDrop !== undefined).map(({ name }) => name);
}

/** The run of a pipeline that evaluated this variant on this dataset, if it has come to a verdict about it. */
export function evaluationOf(
  { verdict, runs, data }: Pipeline,
  variant: string | null,
  digest: string,
): RunRecord | undefined {
  if (verdict === null || verdict.outcome === "error") return undefined;
  return runs.find(
    (run) => run.variant === variant && (run.data ?? data) === digest && run.status === "Completed",
  );
}

// --- why there is none ----------------------------------------------------------------------------

export function noFile(file: string): string {
  return `the app has no ${file}, which would name an endpoint`;
}

export function noEndpoint(endpoint: string): string {
  return `there is no endpoint ${endpoint}`;
}

export function noTraffic(endpoint: string): string {
  return `no deployment at endpoint ${endpoint} has traffic`;
}

export function notOurs(deployment: string, endpoint: string): string {
  return `${deployment} at endpoint ${endpoint} was not deployed by Flowgate`;
}

export function neverEvaluated(deployment: string): string {
  return `no pipeline has come to a verdict about ${deployment} on this dataset`;
}

export function rowsGone(deployment: string): string {
  return `the rows of ${deployment} on this dataset are not there any more`;
}
