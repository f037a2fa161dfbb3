import type { z } from "zod";
import { missingModule } from "#domain/deployment/missing-module.ts";
import { PipelineError } from "#domain/errors.ts";
import type { Deployment } from "#domain/pipeline.ts";
import { withError } from "#domain/progress.ts";
import type { AcceptedPipeline } from "#domain/request.ts";
import {
  keepDeploymentLogs,
  readDeployment,
  readEndpoint,
  smokeTest,
  startDeployment,
} from "#domain/steps.ts";
import { deploymentsToRetire, restoredTraffic, trafficStep } from "#domain/traffic.ts";
import { type Durably, pause } from "#durable/durably.ts";
import { errorBody } from "#durable/failures.ts";
import { BUSY_ENDPOINT, moveTraffic, removeDeploymentAndProve } from "./change-endpoint.ts";
import { holdEndpoint } from "./endpoint-hold.ts";
import type { Journal } from "./journal.ts";
import { untilSettled } from "./until-settled.ts";

export type EndpointState = z.infer<typeof readEndpoint.output>;

export interface Candidate {
  readonly endpoint: string;
  readonly deployment: string;
  /** ARM id of the model version. */
  readonly model: string;
  readonly modelVersion: string;
  /** `azureml:{name}:{version}`. */
  readonly modelName: string;
}

/** Everything that a rollout needs to know of where it happens. */
export interface Scene {
  readonly journal: Journal;
  readonly accepted: AcceptedPipeline;
  readonly variant: string | null;
  readonly job: { readonly id: string; readonly app: string; readonly bundle: string };
  readonly patienceMs: number;
}

/** From here on a failure takes the candidate away again and restores the exact earlier traffic. */
export function* rollOut(
  scene: Scene,
  candidate: Candidate,
  stable: EndpointState,
): Durably<Deployment> {
  const { journal } = scene;
  const done = { asked: false, moved: false };
  try {
    yield* journal.step("createDeployment", () => create(scene, candidate, done));
    yield* journal.step("smokeTest", () => smoke(scene, candidate, stable));
    const serving = yield* journal.step("shiftTraffic", () =>
      shift(scene, candidate, stable.traffic, done),
    );
    yield* retire(scene, candidate, serving);
    const outcome = { outcome: "deployed" as const, reason: null, model: candidate.modelName };
    return { ...place(candidate, serving), ...outcome };
  } catch (error) {
    const body = errorBody(error);
    journal.pipeline = withError(journal.pipeline, body);
    const { restored, trouble, state } = yield* rollBack(scene, candidate, stable, done);
    const isBack = restored && Object.keys(stable.traffic).length > 0;
    const reasons = [`${body.code}: ${body.message}`, ...(trouble === null ? [] : [trouble])];
    return {
      ...place(candidate, state ?? { ...stable, traffic: {} }),
      outcome: isBack ? "rolledBack" : "failed",
      reason: reasons.join(" "),
      model: candidate.modelName,
    };
  }
}

/** What a way back has to undo. */
interface Done {
  asked: boolean;
  /** Whether a change of the traffic may be in force, or come into force yet. */
  moved: boolean;
}

function* create(scene: Scene, candidate: Candidate, done: Done): Durably<void> {
  const { journal, variant, job, patienceMs } = scene;
  const { endpoint, deployment, model, modelVersion } = candidate;
  const names = { endpoint, deployment };
  yield* holdEndpoint(scene, endpoint);
  const request = { ...job, variant, ...names, model, modelVersion };
  try {
    done.asked = true;
    yield* journal.call(startDeployment, request, BUSY_ENDPOINT);
  } catch (error) {
    // Something else stands there under our name; it is not ours to remove.
    done.asked = errorBody(error).code !== "DEPLOYMENT_FAILED";
    throw error;
  }
  const answer = yield* untilSettled(journal.context, readDeployment, names, patienceMs);
  if (answer.state === "ready") return;

  const { blob, tail } = yield* journal.call(keepDeploymentLogs, {
    id: job.id,
    ...names,
    quote: true,
  });
  if (answer.state === "timedOut") {
    throw new PipelineError(
      "DEPLOYMENT_TIMEOUT",
      `${deployment} was not ready within ${Math.round(patienceMs / 60_000)} minutes (deploy.timeout)${answer.lost ? ", for Azure does not know it; see whether somebody removed it" : ""}; its log is ${blob}.`,
    );
  }
  const { node, advice } = missingModule(`${answer.message}\n${tail}`);
  throw new PipelineError(
    "DEPLOYMENT_FAILED",
    `${deployment} failed: ${answer.message.replace(/\.$/, "")}.${advice} Its log is ${blob}; it ends: ${tail}`,
    { where: { node } },
  );
}

function* smoke(scene: Scene, candidate: Candidate, stable: EndpointState): Durably<void> {
  const { journal, job } = scene;
  const { endpoint, deployment } = candidate;
  const scoringUri = stable.scoringUri ?? "";
  const request = { ...job, endpoint, deployment, scoringUri };
  const { ok, message } = yield* journal.call(smokeTest, request);
  if (ok) return;

  yield* journal.call(keepDeploymentLogs, {
    id: job.id,
    endpoint,
    deployment,
    quote: false,
  });
  const { advice } = missingModule(message);
  throw new PipelineError(
    "SMOKE_FAILED",
    `${deployment} did not answer the smoke request: ${message}${advice && `.${advice}`}`,
  );
}

/** In steps, each baked; all at once where nothing served before. */
function* shift(
  scene: Scene,
  { endpoint, deployment }: Candidate,
  stable: EndpointState["traffic"],
  done: Done,
): Durably<EndpointState> {
  const { rollout } = scene.accepted.policy.deploy;
  const servedBefore = Object.keys(stable).some((name) => name !== deployment);
  const steps = servedBefore ? rollout.steps : [100];
  let serving: EndpointState | undefined;
  for (const percent of steps) {
    serving = yield* moveTraffic(scene, endpoint, trafficStep(stable, deployment, percent), done);
    if (percent < 100) yield* pause(scene.journal.context, rollout.bakeMs);
  }
  if (serving === undefined)
    throw new PipelineError("INTERNAL", "A rollout has at least one step.");
  return serving;
}

/** What no longer serves is billed all the same, so only `deploy.keep` of it stays. */
function* retire(
  scene: Scene,
  { endpoint, deployment }: Candidate,
  serving: EndpointState,
): Durably<void> {
  const { journal, accepted } = scene;
  const old = deploymentsToRetire(serving.deployments, deployment, accepted.policy.deploy.keep);
  try {
    yield* journal.step("retireDeployments", function* () {
      for (const name of old) yield* removeDeploymentAndProve(scene, endpoint, name);
    });
  } catch (error) {
    // The new deployment serves; an old one that stays is noted in the step and undoes nothing.
    journal.context.warn(`An old deployment stayed: ${errorBody(error).message}`);
  }
}

interface WayBack {
  /** Whether traffic was moved, and the earlier map was set and read back. */
  readonly restored: boolean;
  /** What is left to do by hand, if anything. */
  readonly trouble: string | null;
  /** Null where it cannot be looked at. */
  readonly state: EndpointState | null;
}

function* rollBack(
  scene: Scene,
  { endpoint, deployment }: Candidate,
  stable: EndpointState,
  done: Done,
): Durably<WayBack> {
  const { journal } = scene;
  let restored = false;
  let trouble: string | null = null;
  try {
    if (done.moved) {
      yield* moveTraffic(scene, endpoint, restoredTraffic(stable.traffic), done);
      restored = true;
    }
    if (done.asked && !stable.deployments.includes(deployment)) {
      yield* removeDeploymentAndProve(scene, endpoint, deployment);
    }
  } catch (error) {
    trouble = `The way back is not complete: ${errorBody(error).message} Give ${endpoint} the traffic ${JSON.stringify(restoredTraffic(stable.traffic))} and delete ${deployment}, if they are not so.`;
    journal.context.error(trouble);
  }
  try {
    return { restored, trouble, state: yield* journal.call(readEndpoint, { endpoint }) };
  } catch (error) {
    journal.context.error(`${endpoint} cannot be looked at: ${errorBody(error).message}`);
    return { restored, trouble, state: null };
  }
}

export function place(
  { endpoint, deployment }: { endpoint: string; deployment: string },
  { scoringUri, traffic }: EndpointState,
) {
  return { endpoint, deployment, scoringUri, traffic };
}
