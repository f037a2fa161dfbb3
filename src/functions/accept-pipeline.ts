import type { App } from "#domain/bundle/bundle.ts";
import { type DeployAnswer, decideDeploy } from "#domain/deploy-rule.ts";
import { requireDeployable } from "#domain/deployment/deployable.ts";
import { PipelineError } from "#domain/errors.ts";
import { policyOf } from "#domain/manifest/policy.ts";
import { pipelineId } from "#domain/naming.ts";
import type { PipelineStatus } from "#domain/pipeline.ts";
import type {
  AcceptedPipeline,
  DataBlob,
  DeployDecision,
  PipelineRequest,
} from "#domain/request.ts";
import type { Instances } from "#durable/register.ts";

export interface Acceptance {
  readonly bundles: {
    /** Rejects with BUNDLE_UNKNOWN. */
    read(app: string, digest: string): Promise<App>;
    latest(app: string): Promise<{ digest: string; deployable: boolean } | null>;
    moveLatest(app: string, digest: string, since: string): Promise<void>;
  };
  readonly pipelines: {
    /** Whether this one was first; its row is then marked `starting`. */
    insert(accepted: AcceptedPipeline): Promise<boolean>;
    index(accepted: AcceptedPipeline, status: PipelineStatus): Promise<void>;
    unmark(id: string): Promise<void>;
    read(id: string): Promise<{
      accepted: AcceptedPipeline | null;
      status: PipelineStatus;
      starting: boolean;
    } | null>;
  };
  readonly testData: { head(blob: string): Promise<DataBlob | null> };
  readonly instances: Instances;
  readonly clock: { now(): Date; pause(ms: number): Promise<void> };
}

export interface Accepted {
  readonly accepted: AcceptedPipeline;
  /** False when an equal request was here before. */
  readonly isNew: boolean;
}

/** A row in the table holds 32 K characters a string. */
const MAX_ROW_CHARS = 30_000;
/** Whoever inserted a row is given this long to start it before another one does. */
const START_PATIENCE_MS = 3_000;
const START_POLL_MS = 250;

/**
 * Accepts a pipeline once, however often it is asked for, and sees that Durable has it.
 * Rejects with APP_UNKNOWN, BUNDLE_UNKNOWN, DATA_UNKNOWN, DEPLOY_NOT_ALLOWED or REQUEST_INVALID.
 */
export async function acceptPipeline(
  acceptance: Acceptance,
  request: PipelineRequest,
  trigger: "http" | "data" = "http",
): Promise<Accepted> {
  const accepted = await judge(acceptance, request, trigger);
  if (await acceptance.pipelines.insert(accepted)) {
    await begin(acceptance, accepted, "running");
    return { accepted, isNew: true };
  }
  const earlier = await confirmStarted(acceptance, accepted.id);
  return { accepted: earlier ?? accepted, isNew: false };
}

/**
 * For whoever meets a row that may still be marked `starting`: asks Durable, starts what it does not
 * know, unmarks the row. Answers what was accepted under this id, null where nothing is known of it.
 */
export async function confirmStarted(
  { clock, ...acceptance }: Acceptance,
  id: string,
): Promise<AcceptedPipeline | null> {
  const { pipelines, instances } = acceptance;
  let row = await pipelines.read(id);
  while (row?.starting && isFresh(row.accepted, clock.now())) {
    await clock.pause(START_POLL_MS);
    row = await pipelines.read(id);
  }
  if (row === null || !row.starting || row.accepted === null) return row?.accepted ?? null;
  if (await instances.exists(id)) {
    await pipelines.index(row.accepted, row.status);
    await pipelines.unmark(id);
  } else {
    await begin({ clock, ...acceptance }, row.accepted, row.status);
  }
  return row.accepted;
}

/** A second start racing the first could replace an instance that has already finished. */
function isFresh(accepted: AcceptedPipeline | null, now: Date): boolean {
  return accepted !== null && now.getTime() - Date.parse(accepted.createdAt) < START_PATIENCE_MS;
}

/** Every part may run twice: a repeat takes over wherever a crash left off. */
async function begin(
  { bundles, pipelines, instances }: Acceptance,
  accepted: AcceptedPipeline,
  status: PipelineStatus,
): Promise<void> {
  const { id, app, bundle, deploy, createdAt } = accepted;
  await pipelines.index(accepted, status);
  if (deploy.wanted) await bundles.moveLatest(app, bundle, createdAt);
  await instances.start(id, accepted);
  await pipelines.unmark(id);
}

async function judge(
  { bundles, pipelines, testData, clock }: Acceptance,
  request: PipelineRequest,
  trigger: "http" | "data",
): Promise<AcceptedPipeline> {
  const { app, commit = null, attempt } = request;
  const latest = await bundles.latest(app);
  if (latest === null) {
    throw new PipelineError("APP_UNKNOWN", `No bundle of ${app} was uploaded yet. PUT one first.`);
  }
  const bundle = request.bundle === "latest" ? latest.digest : request.bundle;
  const read = await bundles.read(app, bundle);
  const policy = (await bundles.read(app, latest.digest)).manifest.deploy;
  const data = request.data === undefined ? null : await requireData(testData, request.data);
  if (data === null) requireDataset(read);

  const idOf = (wanted: boolean) =>
    pipelineId({
      app,
      bundle,
      data,
      repository: commit?.repository ?? null,
      sha: commit?.sha ?? null,
      deploy: wanted,
      attempt,
    });
  const answer = decideDeploy({
    trigger,
    commit,
    deploy: request.deploy,
    when: policy.when,
    onData: policy.onData,
    latestDeployable: latest.deployable,
  });
  if (answer.wanted !== true && bundle === latest.digest) {
    const earlier = (await pipelines.read(idOf(true)))?.accepted;
    if (earlier && isRepeat(request, earlier)) return earlier;
  }
  const deploy = requireDecision(answer);
  if (deploy.wanted) requireDeployable(read);
  const accepted: AcceptedPipeline = {
    id: idOf(deploy.wanted),
    app,
    bundle,
    data,
    trigger,
    commit,
    deploy,
    policy: policyOf(read.manifest),
    createdAt: clock.now().toISOString(),
  };
  if (JSON.stringify(accepted).length > MAX_ROW_CHARS) {
    throw new PipelineError(
      "REQUEST_INVALID",
      "Request and gate together exceed 30,000 characters.",
    );
  }
  return accepted;
}

async function requireData(testData: Acceptance["testData"], blob: string): Promise<DataBlob> {
  const found = await testData.head(blob);
  if (found !== null) return found;
  const [, inside] = /^(?:https?:\/\/.+?\/)?test-data\/(.+)$/.exec(blob) ?? [];
  const hint = inside === undefined ? "" : ` Give its path inside the container: ${inside}.`;
  throw new PipelineError(
    "DATA_UNKNOWN",
    `There is no blob ${blob} in container test-data.${hint}`,
  );
}

function requireDataset({ baseRun, manifest }: App): void {
  if (baseRun.data !== null || manifest.datasets.length > 0) return;
  const message = "The bundle has no dataset; name a blob of container test-data in data.";
  throw new PipelineError("REQUEST_INVALID", message, { problems: [{ path: "data", message }] });
}

/** A pipeline may make a bundle the latest that would not have allowed it; the same request again is still that pipeline. */
function isRepeat({ commit, deploy }: PipelineRequest, earlier: AcceptedPipeline): boolean {
  if (commit === undefined) return deploy === true && earlier.commit === null;
  return deploy !== false && commit.ref === earlier.commit?.ref;
}

function requireDecision(answer: DeployAnswer): DeployDecision {
  if (answer.wanted !== "refused") return answer;
  const message = `This pipeline may not deploy: ${answer.reason}. Leave deploy out to evaluate only.`;
  throw new PipelineError("DEPLOY_NOT_ALLOWED", message);
}
