import { z } from "zod";
import { type ErrorBody, PipelineError } from "#domain/errors.ts";
import type { RunClaim } from "#domain/failed-lines.ts";
import { FLOW_PROPERTY } from "#domain/run-request.ts";
import { readAnswer } from "./answers.ts";
import type { AzureHttp } from "./http.ts";
import { COME_AGAIN } from "./refusals.ts";
import { type FlowOfRun, partialFailure, runFailure } from "./run-errors.ts";
import type { Discover } from "./workspace.ts";

const FLOW_PATH_PROPERTY = "azureml.promptflow.flow_definition_blob_path";

const RunData = z.object({
  runMetadata: z.object({
    status: z.string().min(1),
    error: z.unknown().optional(),
    properties: z.record(z.string(), z.unknown()).nullish(),
  }),
});

/** What history keeps of a run; `status` in the service's own words. */
export interface RunStanding {
  readonly status: string;
  readonly state: "running" | "completed" | "failed" | "canceled";
  /** Why the whole run failed: lines that failed are no error of the run. */
  readonly error: ErrorBody | null;
  /** What a run Completed with all the same: lines or an aggregation that failed. */
  readonly partial: RunClaim["error"];
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Run history: the only service that knows a run's status. */
export function createRunHistory(http: AzureHttp, discover: Discover) {
  /** The standing, or the id of the request to which history said that it has none. */
  async function look(run: string): Promise<RunStanding | string> {
    const answer = await http({
      method: "POST",
      url: `${(await discover()).history}/rundata`,
      body: { runId: run, selectRunMetadata: true },
      accept: [404],
    });
    if (answer.status === 404) return answer.requestId;
    const { runMetadata } = readAnswer(RunData, answer, `POST rundata of run ${run}`);
    const { status, error } = runMetadata;
    const properties = runMetadata.properties ?? {};
    const state = stateOf(status);
    const failure =
      state === "failed" ? runFailure(run, unwrapped(error), flowOf(properties)) : null;
    const reason = unwrapped(error) ?? null;
    const partial = state === "completed" && reason !== null ? partialFailure(reason) : null;
    return { status, state, error: failure, partial, properties };
  }

  return {
    /** Undefined while history does not know the run. */
    async find(run: string): Promise<RunStanding | undefined> {
      const found = await look(run);
      return typeof found === "string" ? undefined : found;
    },

    /** AZURE_BUSY while history does not know it: it may lag behind a submit. */
    async read(run: string): Promise<RunStanding> {
      const found = await look(run);
      if (typeof found !== "string") return found;
      const message = `Azure answered 404 to POST rundata: run history does not know run ${run} (request ${found}).${COME_AGAIN}`;
      throw new PipelineError("AZURE_BUSY", message);
    },
  };
}

export type RunHistory = ReturnType<typeof createRunHistory>;

function stateOf(status: string): RunStanding["state"] {
  switch (status) {
    case "Completed":
      return "completed";
    case "Failed":
      return "failed";
    case "Canceled":
    case "Cancelled":
      return "canceled";
    default:
      // Every other word, also one that nobody has seen yet, means that it goes on; the wait has a deadline.
      return "running";
  }
}

/** History nests the error once more than other services do. */
function unwrapped(error: unknown): unknown {
  const nested = z.object({ error: z.unknown().optional() }).safeParse(error);
  return nested.success && nested.data.error ? nested.data.error : error;
}

function flowOf(properties: Readonly<Record<string, unknown>>): FlowOfRun {
  const folder = properties[FLOW_PROPERTY];
  const path = String(properties[FLOW_PATH_PROPERTY] ?? "");
  return {
    folder: typeof folder === "string" ? folder : null,
    name: /^LocalUpload\/[^/]+\/([^/]+)\//.exec(path)?.[1] ?? "",
  };
}
