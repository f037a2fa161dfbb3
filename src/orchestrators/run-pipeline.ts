import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";
import { branchId } from "#domain/naming.ts";
import type { Deployment } from "#domain/pipeline.ts";
import { ended, newPipeline, withDeployment, withError, withStage } from "#domain/progress.ts";
import { AcceptedPipeline } from "#domain/request.ts";
import { both, type Durably, defineOrchestration, timestamp, together } from "#durable/durably.ts";
import { errorBody } from "#durable/failures.ts";
import { type Decision, decide } from "./decide.ts";
import { deployCandidate } from "./deploy-candidate.ts";
import { Journal } from "./journal.ts";
import { measure } from "./measure.ts";
import { type EventBranch, publishPipelineEvent } from "./publish-pipeline-event.ts";
import { removeEnvironment } from "./remove-environment.ts";

/** One evaluation, and perhaps one deployment, of one bundle on one dataset. */
export const runPipeline = defineOrchestration({
  name: "runPipeline",
  input: AcceptedPipeline,
  output: z.object({ status: z.string() }),

  *run(context, accepted) {
    const journal = new Journal(context, { accepted, pipeline: newPipeline(accepted) });
    const evidence = yield* measure(journal, accepted);
    const decision = yield* decide(journal, accepted, evidence);
    yield* tellAndCleanUp(journal, accepted);
    const published = yield* deployIfWanted(journal, accepted, decision);
    return yield* finish(journal, accepted, published);
  },
});

/** The verdict is told while the test environment goes: neither waits for the other. */
function* tellAndCleanUp(journal: Journal, accepted: AcceptedPipeline): Durably<void> {
  const { pipeline } = journal;
  const event = { type: "Flowgate.EvaluationCompleted", sequence: 2, status: "running" } as const;
  try {
    const [told, removed] = yield* both(
      journal.context,
      {
        orchestration: publishPipelineEvent,
        id: branchId(accepted.id, "event-2"),
        input: { accepted, pipeline, ...event },
      },
      {
        orchestration: removeEnvironment,
        id: branchId(accepted.id, "removal"),
        input: { accepted, pipeline },
      },
    );
    journal.absorb([told.pipeline, removed.pipeline]);
    noteLeaks(journal, journal.require(removed).leaked);
  } catch (error) {
    noteLeaks(journal, [errorBody(error).message]);
  }
}

function noteLeaks(journal: Journal, leaked: readonly string[]): void {
  if (leaked.length === 0) return;
  const message = `The test environment was not seen to be gone: ${leaked.join("; ")}. Remove what is left by hand, for it may cost.`;
  const { body } = new PipelineError("RESOURCE_LEAKED", message);
  journal.pipeline = withError(journal.pipeline, body);
}

/** Only `passed` leads any further. Answers how many events have been told. */
function* deployIfWanted(
  journal: Journal,
  accepted: AcceptedPipeline,
  { verdict, winner }: Decision,
): Durably<number> {
  const told = 2;
  if (verdict.outcome !== "passed") return told;
  if (!accepted.deploy.wanted) {
    const skipped = undeployed("skipped", accepted.deploy.reason);
    journal.pipeline = withDeployment(journal.pipeline, skipped);
    return told;
  }

  journal.pipeline = withStage(journal.pipeline, "deploying");
  const deployment = yield* deploy(journal, accepted, winner);
  journal.pipeline = withDeployment(journal.pipeline, deployment);
  yield* publish(journal, accepted, {
    type: "Flowgate.DeploymentCompleted",
    sequence: told + 1,
    status: "running",
  });
  return told + 1;
}

function* deploy(
  journal: Journal,
  accepted: AcceptedPipeline,
  variant: string | null,
): Durably<Deployment> {
  const id = branchId(accepted.id, "deployment");
  const input = { accepted, pipeline: journal.pipeline, variant };
  try {
    const outcomes = yield* together(journal.context, [
      { orchestration: deployCandidate, id, input },
    ]);
    journal.absorb(outcomes.map(({ pipeline }) => pipeline));
    return outcomes.map((outcome) => journal.require(outcome))[0] ?? undeployed("failed", "");
  } catch (error) {
    const body = errorBody(error);
    journal.pipeline = withError(journal.pipeline, body);
    return undeployed("failed", `${body.code}: ${body.message}`);
  }
}

function undeployed(outcome: "failed" | "skipped", reason: string): Deployment {
  return {
    outcome,
    reason,
    model: null,
    endpoint: null,
    deployment: null,
    scoringUri: null,
    traffic: {},
  };
}

/** The status leaves `running` last: when everything else, the last event included, is over. */
function* finish(
  journal: Journal,
  accepted: AcceptedPipeline,
  told: number,
): Durably<{ status: string }> {
  const { verdict, deployment } = journal.pipeline;
  const undeployed = deployment?.outcome === "failed" || deployment?.outcome === "rolledBack";
  const status = verdict?.outcome === "error" || undeployed ? "failed" : "succeeded";
  yield* publish(journal, accepted, {
    type: "Flowgate.PipelineCompleted",
    sequence: told + 1,
    status,
  });
  journal.pipeline = ended(journal.pipeline, status, timestamp(journal.context));
  yield* journal.saveAtLast();
  return { status };
}

function* publish(journal: Journal, accepted: AcceptedPipeline, event: EventBranch): Durably<void> {
  const outcomes = yield* together(journal.context, [
    {
      orchestration: publishPipelineEvent,
      id: branchId(accepted.id, `event-${event.sequence}`),
      input: { accepted, pipeline: journal.pipeline, ...event },
    },
  ]);
  journal.absorb(outcomes.map(({ pipeline }) => pipeline));
}
