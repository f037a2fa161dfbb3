import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";
import type { AzureHttp } from "./http.ts";
import type { Discover } from "./workspace.ts";

const TraceSessions = z.object({ traceCosmosConfiguration: z.string() });

/** Whether the workspace was told to keep no traces; a run has to be told so too. */
export function createTraceSessions(http: AzureHttp, discover: Discover) {
  return {
    async areDisabled(): Promise<boolean> {
      const url = `${(await discover()).flow}/TraceSessions`;
      try {
        const { body } = await http({ method: "GET", url, repeatable: false });
        return TraceSessions.safeParse(body).data?.traceCosmosConfiguration === "Disabled";
      } catch (error) {
        // No run should wait for what only its traces need to know.
        if (error instanceof PipelineError) return false;
        throw error;
      }
    },
  };
}
