import type { RunClaim } from "#domain/failed-lines.ts";
import type { createMetrics } from "./metrics.ts";
import type { RunHistory } from "./run-history.ts";

/** What a run says of its failed lines: "Completed" says nothing of them. */
export function createRunClaims(history: RunHistory, metrics: ReturnType<typeof createMetrics>) {
  return {
    async read(run: string): Promise<RunClaim> {
      const { partial } = await history.read(run);
      return { failedLines: await metrics.countFailedLines(run), error: partial };
    },
  };
}
