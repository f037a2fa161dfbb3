import type { BatchResult } from "#emulators/azure-ml/engine/engine.ts";
import type { Metric } from "./run.ts";
import type { RunTally } from "./run-tally.ts";

/** What the flow logged, then the counts that the service adds under `__pf__.`. */
export function metricsOf({ metrics }: BatchResult, { counts }: RunTally): Metric[] {
  const logged = Object.entries(metrics).map(([name, value]) => loggedMetric(name, value));
  const counted = [...counts].map(
    ([name, value]): Metric => ({ name: `__pf__.${name}`, column: "Double", value }),
  );
  return [...logged, ...counted];
}

function loggedMetric(name: string, value: unknown): Metric {
  if (typeof value === "number") {
    return { name, column: "Double", value: Number.isFinite(value) ? value : String(value) };
  }
  if (typeof value === "boolean") return { name, column: "Boolean", value };
  if (value === null || value === undefined) return { name, column: "Double", value: null };
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return { name, column: "String", value: text };
}
