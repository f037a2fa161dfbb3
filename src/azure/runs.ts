import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";
import type { LineRecord } from "#domain/gate/join-row.ts";
import { isJsonObject, type JsonObject } from "#domain/json-object.ts";
import { BUNDLE_PROPERTY, type RunRequest, VARIANT_PROPERTY } from "#domain/run-request.ts";
import { readAnswer } from "./answers.ts";
import type { AzureHttp } from "./http.ts";
import { readRunError } from "./run-errors.ts";
import type { RunHistory, RunStanding } from "./run-history.ts";
import { createTraceSessions } from "./trace-sessions.ts";
import type { Discover } from "./workspace.ts";

const ChildRun = z.object({
  index: z.number().int().min(0),
  status: z.string(),
  // As it is: a record would be copied, for each line of a run.
  output: z.custom<JsonObject>(isJsonObject, "expected an object").nullish(),
  error: z.unknown().optional(),
  system_metrics: z
    .object({ duration: z.number().min(0).nullish(), total_tokens: z.number().min(0).nullish() })
    .nullish()
    .catch(null),
});

export interface RunsOptions {
  readonly http: AzureHttp;
  readonly discover: Discover;
  readonly history: RunHistory;
}

/** Bulk runs of the prompt flow service. */
export function createRuns({ http, discover, history }: RunsOptions) {
  const traces = createTraceSessions(http, discover);
  const urlOf = async (path: string) => `${(await discover()).flow}/BulkRuns/${path}`;

  async function submit(request: RunRequest): Promise<void> {
    const disableTrace = await traces.areDisabled();
    await http({
      method: "POST",
      url: await urlOf("submit"),
      asCaller: true,
      body: { ...submitBody(request), disableTrace },
      // A submit that was not answered, or is met by another one, may have worked: history says so.
      repeatable: false,
      busy: [409],
    });
  }

  return {
    /** Submits the run, or leaves the one alone that is there under this name. AZURE_REFUSED when that one is of another bundle or variant. */
    async ensureSubmitted(request: RunRequest): Promise<void> {
      const there = await history.find(request.run);
      if (there) return requireSameBundle(request, there);
      try {
        await submit(request);
      } catch (error) {
        if (!(error instanceof PipelineError) || !error.retryable) throw error;
        const late = await history.find(request.run);
        if (late === undefined) throw error;
        requireSameBundle(request, late);
      }
    },

    /** Asks the run to stop; one that has ended or never was is fine. */
    async cancel(run: string): Promise<void> {
      await http({
        method: "POST",
        url: await urlOf(`${run}/cancel`),
        accept: [400, 404, 409],
      });
    },

    /** Records of the lines from `first` to `last`, both included, in no order; a line may be there twice or not at all. */
    async readLines(run: string, first: number, last: number): Promise<readonly LineRecord[]> {
      const url = await urlOf(`${run}/childRuns?startIndex=${first}&endIndex=${last}`);
      const answer = await http({ method: "GET", url });
      const records = readAnswer(z.array(ChildRun), answer, `GET childRuns of run ${run}`);
      return records.map(lineRecord);
    },

    /** The whole log so far; undefined when there is none. */
    async readLog(run: string): Promise<string | undefined> {
      const url = await urlOf(`${run}/logContent`);
      const { body, status } = await http({ method: "GET", url, accept: [404] });
      return status === 404 || typeof body !== "string" ? undefined : body;
    },
  };
}

function requireSameBundle({ run, properties }: RunRequest, there: RunStanding): void {
  if (there.properties[BUNDLE_PROPERTY] === undefined) return;
  const [ours, theirs] = [properties, there.properties].map(
    (found) => `${found[BUNDLE_PROPERTY]} with ${found[VARIANT_PROPERTY] ?? "no variant"}`,
  );
  if (theirs === ours) return;
  const message = `Run ${run} is there already, of bundle ${theirs}, not ${ours}. Start the pipeline again (attempt + 1); its runs have other names.`;
  throw new PipelineError("AZURE_REFUSED", message);
}

function submitBody(request: RunRequest) {
  const { flow, place, variant, init, description, baseRun, data } = request;
  return {
    ...("dataUri" in flow
      ? { flowDefinitionDataUri: flow.dataUri }
      : { flowDefinitionDataStoreName: flow.datastore, flowDefinitionBlobPath: flow.blobPath }),
    runId: request.run,
    runDisplayName: request.displayName,
    runDisplayNameGenerationType: "UserProvidedMacro",
    runExperimentName: request.experiment,
    sessionId: request.session,
    sessionSetupMode: "SystemWait",
    flowLineageId: request.lineage,
    runtimeName: place.kind === "runtime" ? place.name : "automatic",
    batchDataInput: data === null ? {} : { dataUri: data },
    inputsMapping: request.columnMapping,
    environmentVariables: request.environmentVariables,
    connections: request.connections,
    tags: request.tags,
    properties: request.properties,
    ...(place.kind === "session" && place.vmSize ? { vmSize: place.vmSize } : {}),
    ...(variant === null ? {} : { nodeVariant: variant }),
    ...(baseRun === null ? {} : { variantRunId: baseRun }),
    ...(init === null ? {} : { initKWargs: init }),
    ...(description === null ? {} : { description }),
  };
}

/** A line that is not Completed in a run that has ended got no further. */
function lineRecord({
  index,
  status,
  output,
  error,
  ...child
}: z.infer<typeof ChildRun>): LineRecord {
  const { duration = null, total_tokens: tokens = null } = child.system_metrics ?? {};
  const usage = { latencyMs: duration === null ? null : duration * 1000, tokens };
  if (status === "Completed") return { index, outputs: output ?? null, failure: null, usage };
  const { message, node, type } = readRunError(error);
  const failure = { message: message || `The line is ${status}.`, node, type };
  return { index, outputs: null, failure, usage };
}
