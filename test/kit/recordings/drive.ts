import { connectAzure } from "#azure/connect-azure.ts";
import type { RunRequest } from "#domain/run-request.ts";
import type { Interaction } from "./cassette.ts";
import { nameOf, noUploads, type Uploads, upload } from "./drive-uploads.ts";
import { type Exchange, type Otherwise, startReplay } from "./replay-server.ts";
import { type Sources, sourcesOf } from "./sources.ts";

export type Clients = ReturnType<typeof connectAzure>;
type Fields = Readonly<Record<string, unknown>>;

export interface Replayed {
  readonly exchanges: readonly Exchange[];
  /** What our client said to an answer that it could not use. */
  readonly refusals: readonly string[];
  readonly unasked: readonly string[];
  readonly uploads: Uploads;
}

const WORKSPACE =
  /\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.MachineLearningServices\/workspaces\/([^/]+)/i;
/** Fields of a submit for what we never ask: a flow of the workspace or a registry, a session on a compute instance. */
const NOT_OURS = ["flowDefinitionResourceId", "computeName"];

const credential = {
  getToken: async () => ({ token: "replay", expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
};

/** Has our clients ask for all that a cassette asked for and they know how to ask; and upload what lies in `sources`. */
export async function replay(
  interactions: readonly Interaction[],
  sources: Sources = sourcesOf(new Map()),
): Promise<Replayed> {
  await using server = await startReplay(interactions, unrecorded(interactions));
  const workspace = workspaceOf(interactions);
  const azure = connectAzure({ credential, workspace, armEndpoint: server.url });
  const refusals: string[] = [];
  const uploads = noUploads();
  for (const interaction of interactions) {
    try {
      await upload(azure, interaction, { sources, interactions }, uploads);
      await ask(azure, interaction, uploads);
    } catch (error) {
      refusals.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { exchanges: server.exchanges, refusals, unasked: server.unasked(), uploads };
}

/** A recorder may have begun after discovery, keeps one file of those of a folder, and knew the default datastore's name. */
function unrecorded(interactions: readonly Interaction[]): Otherwise {
  return (request) => {
    if (/^PUT .*\/localupload\/\(hash\)\//.test(request)) return blobPut(request);
    if (/^GET \/subscriptions\/.*\/datastores\?.*isDefault=true/.test(request)) {
      const byName = interactions.find(({ url }) => /\/datastores\/[^/]+$/.test(url.pathname));
      return { status: 200, answer: `{"value":[${byName?.answer ?? ""}]}` };
    }
    if (!/^GET \/subscriptions\/.*\/workspaces\/[^/]+$/.test(request)) return undefined;
    const properties = { discoveryUrl: "https://replay.api.azureml.ms/discovery" };
    return { status: 200, answer: JSON.stringify({ location: "replay", properties }) };
  };
}

function blobPut(request: string) {
  return { status: request.endsWith("comp=metadata") ? 200 : 201, answer: "" };
}

async function ask(
  { runs, history, metrics }: Clients,
  interaction: Interaction,
  uploads: Uploads,
): Promise<void> {
  const { pathname, searchParams } = interaction.url;
  const body = (interaction.body ?? {}) as Fields;
  const run = /\/(?:BulkRuns|runs)\/([^/]+)\//.exec(pathname)?.[1] ?? "";
  switch (pathname.split("/").at(-1)) {
    case "submit":
      if (NOT_OURS.some((field) => field in body)) return;
      await runs.ensureSubmitted(withUploads(requestOf(body), uploads));
      return;
    case "rundata":
      await history.find(text(body.runId));
      return;
    case "childRuns":
      await runs.readLines(
        run,
        numberOf(searchParams, "startIndex"),
        numberOf(searchParams, "endIndex"),
      );
      return;
    case "logContent":
      await runs.readLog(run);
      return;
    case "lastvalues":
      await metrics.read(run);
      return;
    case "cancel":
      await runs.cancel(run);
      return;
  }
}

/** With what we uploaded in the place of what was recorded, where we have it. */
function withUploads(request: RunRequest, { data, flows }: Uploads): RunRequest {
  const { flow } = request;
  const recorded = "blobPath" in flow ? nameOf(`/${flow.blobPath}`) : "";
  return {
    ...request,
    data: data.get(nameOf(request.data ?? "")) ?? request.data,
    flow: flows.get(recorded) ?? flow,
  };
}

/** The run that somebody else submitted, in our words. */
function requestOf(body: Fields): RunRequest {
  const runtime = text(body.runtimeName);
  const size = typeof body.vmSize === "string" ? { vmSize: body.vmSize } : {};
  const session = text(body.sessionId);
  const onSession = runtime === "automatic" || "vmSize" in size;
  return {
    run: text(body.runId),
    displayName: text(body.runDisplayName),
    description: orNull(body.description),
    experiment: text(body.runExperimentName),
    flow: {
      datastore: text(body.flowDefinitionDataStoreName),
      blobPath: text(body.flowDefinitionBlobPath),
    },
    data: orNull(fields(body.batchDataInput).dataUri),
    baseRun: orNull(body.variantRunId),
    columnMapping: fields(body.inputsMapping) as Record<string, string>,
    variant: orNull(body.nodeVariant),
    connections: fields(body.connections) as RunRequest["connections"],
    environmentVariables: fields(body.environmentVariables) as Record<string, string>,
    init: body.initKWargs === undefined ? null : fields(body.initKWargs),
    place: onSession
      ? { kind: "session", name: session, ...size }
      : { kind: "runtime", name: runtime },
    session,
    lineage: text(body.flowLineageId),
    tags: fields(body.tags) as Record<string, string>,
    properties: fields(body.properties) as Record<string, string>,
  };
}

function workspaceOf(interactions: readonly Interaction[]) {
  const paths = interactions.map(({ url }) => WORKSPACE.exec(url.pathname));
  const [, subscriptionId = "", resourceGroup = "", workspace = ""] = paths.find(Boolean) ?? [];
  return { subscriptionId, resourceGroup, workspace };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function orNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function numberOf(query: URLSearchParams, name: string): number {
  return Number(query.get(name) ?? 0);
}
