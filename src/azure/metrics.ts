import { PipelineError } from "#domain/errors.ts";
import type { LoggedMetrics } from "#domain/gate/evidence.ts";
import { parsePythonJson, readFailedLines, readLoggedMetrics } from "#domain/logged-metrics.ts";
import type { AzureHttp } from "./http.ts";
import { withTries } from "./tries.ts";
import type { Discover } from "./workspace.ts";

/** The metric service. */
export function createMetrics(http: AzureHttp, discover: Discover) {
  async function lastValues(run: string): Promise<unknown> {
    const url = `${(await discover()).metric}/runs/${run}/lastvalues`;
    // The tries are ours: an answer that cannot be read is worth them too.
    const { body } = await http({ method: "POST", url, body: {}, repeatable: false });
    const values = typeof body === "string" ? parsePythonJson(body) : body;
    if (values === undefined) throw new UnreadableMetrics(run);
    return values;
  }

  async function readable(run: string): Promise<unknown> {
    return withTries(() => lastValues(run)).catch((error: unknown) => {
      if (error instanceof UnreadableMetrics) return undefined;
      throw error;
    });
  }

  return {
    /** An answer that stays unreadable is one without metrics: the gate then misses them by name. */
    async read(run: string): Promise<LoggedMetrics> {
      return readLoggedMetrics(run, await readable(run));
    },

    /** Lines that failed by the run's own count; null where it did not count them. */
    async countFailedLines(run: string): Promise<number | null> {
      return readFailedLines(run, await readable(run));
    },
  };
}

/** Perhaps a proxy's page or a broken answer; worth the same tries as a busy service. */
class UnreadableMetrics extends PipelineError {
  constructor(run: string) {
    super("AZURE_BUSY", `The metrics of run ${run} are no JSON.`);
  }
}
