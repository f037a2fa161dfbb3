import { PipelineError } from "#domain/errors.ts";
import { parsePythonJson, readLoggedMetrics } from "#domain/logged-metrics.ts";
import type { LoggedMetrics } from "#domain/steps.ts";
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

  return {
    /** An answer that stays unreadable is one without metrics: the gate then misses them by name. */
    async read(run: string): Promise<LoggedMetrics> {
      const values = await withTries(() => lastValues(run)).catch((error: unknown) => {
        if (error instanceof UnreadableMetrics) return undefined;
        throw error;
      });
      return readLoggedMetrics(run, values);
    },
  };
}

/** Perhaps a proxy's page or a broken answer; worth the same tries as a busy service. */
class UnreadableMetrics extends PipelineError {
  constructor(run: string) {
    super("AZURE_BUSY", `The metrics of run ${run} are no JSON.`);
  }
}
