import { z } from "zod";
import { BranchInput, branchOutcome } from "#domain/branch.ts";
import { branchId } from "#domain/naming.ts";
import { Deployment } from "#domain/pipeline.ts";
import { withError } from "#domain/progress.ts";
import { planDeployment, readEndpoint, type registerModel } from "#domain/steps.ts";
import { both, type Durably, defineOrchestration } from "#durable/durably.ts";
import { errorBody } from "#durable/failures.ts";
import { holdEndpoint, releaseHold } from "./endpoint-hold.ts";
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

/** What is known when it ends: a failure tells as much of it as there is. */
interface Known {
  plan?: z.infer<typeof planDeployment.output>;
  model?: z.infer<typeof registerModel.output>;
}

function* deployUnderLock(scene: Scene): Durably<Deployment> {
  const { journal, variant, job } = scene;
  const known: Known = {};
  try {
    const plan = yield* journal.step(
      "acquireEndpoint",
      function* () {
        known.plan = yield* journal.call(planDeployment, { ...job, variant });
        yield* holdEndpoint(scene, known.plan.endpoint);
        return known.plan;
      },
      ({ warnings }) => warnings,
    );
    return yield* deploy(scene, plan, known);
  } catch (error) {
    return failed(journal, error, known);
  } finally {
    if (known.plan !== undefined) yield* releaseHold(scene, known.plan.endpoint);
  }
}

function failed(journal: Journal, error: unknown, { plan, model }: Known): Deployment {
  const body = errorBody(error);
  journal.pipeline = withError(journal.pipeline, body);
  return {
    outcome: "failed",
    reason: `${body.code}: ${body.message}`,
    model: model === undefined ? null : modelName(model),
    endpoint: plan?.endpoint ?? null,
    deployment: plan?.deployment ?? null,
    scoringUri: null,
    traffic: {},
  };
}

function modelName({ name, version }: z.infer<typeof registerModel.output>): string {
  return `azureml:${name}:${version}`;
}

function* deploy(
  scene: Scene,
  { endpoint, deployment }: z.infer<typeof planDeployment.output>,
  known: Known,
): Durably<Deployment> {
  const { journal, accepted, variant, job } = scene;
  const before = yield* journal.call(readEndpoint, { endpoint });
  // While something changes there, what is read is still the traffic of before.
  const serves = before.state !== "pending" && before.traffic[deployment] === 100;
  if (serves && before.deployments.includes(deployment)) {
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
  known.model = model;
  const candidate = {
    endpoint,
    deployment,
    model: model.id,
    modelName: modelName(model),
    modelVersion: model.version,
  };
  return yield* rollOut(scene, candidate, journal.require(prepared));
}
