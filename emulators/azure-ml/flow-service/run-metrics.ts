import type { BatchResult } from "#emulators/azure-ml/engine/engine.ts";
import type { Metric } from "./run.ts";

/** What the flow logged, then the counts that the service adds under `__pf__.`. */
export function metricsOf({ metrics, lines }: BatchResult): Metric[] {
  const logged = Object.entries(metrics).map(([name, value]) => loggedMetric(name, value));
  const counts = new Map<string, number>([
    ["__pf__.lines.completed", 0],
    ["__pf__.lines.failed", 0],
  ]);
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const line of lines) {
    count(`__pf__.lines.${line.status.toLowerCase()}`);
    for (const [node, status] of Object.entries(line.nodes)) {
      count(`__pf__.nodes.${node}.${status.toLowerCase()}`);
    }
  }
  const counted = [...counts].map(([name, value]): Metric => ({ name, column: "Double", value }));
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
