import { z } from "zod";
import { BranchInput, branchOutcome } from "#domain/branch.ts";
import { EventType, pipelineEvent } from "#domain/events.ts";
import { PipelineStatus, type StepName } from "#domain/pipeline.ts";
import { publishEvent } from "#domain/steps.ts";
import { defineOrchestration, timestamp } from "#durable/durably.ts";
import { Journal } from "./journal.ts";

const STEP_OF: Record<EventType, StepName> = {
  "Flowgate.PipelineStarted": "publishStarted",
  "Flowgate.EvaluationCompleted": "publishEvaluation",
  "Flowgate.DeploymentCompleted": "publishDeployment",
  "Flowgate.PipelineCompleted": "publishCompleted",
};

/** The verdict or a deployment waits behind all but the last, which has nothing after it. */
const PATIENCE_MS = 6_000;
const LAST_PATIENCE_MS = 20_000;

const EventBranch = z.object({
  type: EventType,
  sequence: z.number().int().min(1),
  /** The status to tell; the document takes it only after the last event. */
  status: PipelineStatus,
});
export type EventBranch = z.infer<typeof EventBranch>;

/** Tells the topic; one that stays down is noted in the step and changes nothing else. */
export const publishPipelineEvent = defineOrchestration({
  name: "publishPipelineEvent",
  input: BranchInput.extend(EventBranch.shape),
  output: branchOutcome(z.object({})),

  *run(context, input) {
    const { type, sequence, status } = input;
    const journal = new Journal(context, input);
    return yield* journal.outcome(function* () {
      yield* journal.step(STEP_OF[type], function* () {
        const event = pipelineEvent(
          { ...input.pipeline, status },
          type,
          sequence,
          timestamp(context),
        );
        const patienceMs = type === "Flowgate.PipelineCompleted" ? LAST_PATIENCE_MS : PATIENCE_MS;
        yield* journal.call(publishEvent, { event }, { patienceMs });
      });
      return {};
    });
  },
});
