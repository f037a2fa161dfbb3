import { z } from "zod";
import { BranchInput, branchOutcome } from "#domain/branch.ts";
import { PipelineError } from "#domain/errors.ts";
import { branchId } from "#domain/naming.ts";
import { Deployment } from "#domain/pipeline.ts";
import { acquireEndpoint, planDeployment, readEndpoint, releaseEndpoint } from "#domain/steps.ts";
import {
  both,
  call,
  type Durably,
  defineOrchestration,
  now,
  poll,
  timedOut,
} from "#durable/durably.ts";
import { errorBody } from "#durable/failures.ts";
import { Journal } from "./journal.ts";
import { prepareEndpoint } from "./prepare-endpoint.ts";
import { registerCandidate } from "./register-candidate.ts";
import { place, rollOut, type Scene } from "./roll-out.ts";

const Input = BranchInput.extend({ variant: z.string().nullable() });

/** Brings what was evaluated into production: register, deploy at 0 %, smoke, move the traffic, retire the old. */
export const deployCandidate = defineOrchestration({
  name: "deployCandidate",
  input: Input,
  output: branchOutcome(Deployment),

  *run(context, input) {
    const journal = new Journal(context, input);
    const { id, app, bundle, policy } = input.accepted;
    const scene = {
      journal,
      accepted: input.accepted,
      variant: input.variant,
      job: { id, app, bundle },
      patienceMs: policy.deploy.timeoutMs,
    };
    return yield* journal.outcome(() => deployUnderLock(scene));
  },
});

function* deployUnderLock(scene: Scene): Durably<Deployment> {
  const { journal, variant, job } = scene;
  const plan = yield* journal.step("acquireEndpoint", function* () {
    const names = yield* journal.call(planDeployment, { ...job, variant });
    yield* acquire(scene, names.endpoint);
    return names;
  });
  try {
    return yield* deploy(scene, plan);
  } finally {
    yield* release(scene, plan.endpoint);
  }
}

function* release({ journal, job }: Scene, endpoint: string): Durably<void> {
  try {
    yield* call(journal.context, releaseEndpoint, { endpoint, id: job.id });
  } catch (error) {
    journal.context.warn(
      `${endpoint} stays locked until its deadline: ${errorBody(error).message}`,
    );
  }
}

function* acquire({ journal, job, patienceMs }: Scene, endpoint: string): Durably<void> {
  const deadline = new Date(now(journal.context) + 2 * patienceMs).toISOString();
  const lock = yield* poll(
    journal.context,
    acquireEndpoint,
    { endpoint, id: job.id, deadline },
    {
      isSettled: ({ acquired }) => acquired,
      patienceMs,
    },
  );
  if (lock === timedOut) {
    throw new PipelineError("ENDPOINT_BUSY", `Another pipeline kept the endpoint ${endpoint}.`);
  }
}

function* deploy(
  scene: Scene,
  { endpoint, deployment }: { endpoint: string; deployment: string },
): Durably<Deployment> {
  const { journal, accepted, variant, job } = scene;
  const before = yield* journal.call(readEndpoint, { endpoint });
  if (before.traffic[deployment] === 100) {
    return {
      ...place({ endpoint, deployment }, before),
      outcome: "skipped",
      reason: `${deployment} serves this bundle already`,
      model: null,
    };
  }

  const branch = { accepted, pipeline: journal.pipeline, variant, endpoint };
  const [registered, prepared] = yield* both(
    journal.context,
    { orchestration: registerCandidate, id: branchId(job.id, "model"), input: branch },
    { orchestration: prepareEndpoint, id: branchId(job.id, "endpoint"), input: branch },
  );
  journal.absorb([registered.pipeline, prepared.pipeline]);
  const model = journal.require(registered);
  const candidate = {
    endpoint,
    deployment,
    model: model.id,
    modelName: `azureml:${model.name}:${model.version}`,
    modelVersion: model.version,
  };
  return yield* rollOut(scene, candidate, journal.require(prepared));
}
