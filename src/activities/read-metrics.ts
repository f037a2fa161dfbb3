import type { LoggedMetrics } from "#domain/gate/evidence.ts";
import { readMetrics } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface MetricsReader {
  read(run: string): Promise<LoggedMetrics>;
}

export function createReadMetrics(metrics: MetricsReader) {
  return implement(readMetrics, ({ run }) => metrics.read(run));
}
