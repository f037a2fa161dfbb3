import type { Orchestration } from "#durable/durably.ts";
import { deployCandidate } from "./deploy-candidate.ts";
import { evaluateFlow } from "./evaluate-flow.ts";
import { prepareEndpoint } from "./prepare-endpoint.ts";
import { provisionEnvironment } from "./provision-environment.ts";
import { publishPipelineEvent } from "./publish-pipeline-event.ts";
import { registerCandidate } from "./register-candidate.ts";
import { removeEnvironment } from "./remove-environment.ts";
import { runPipeline } from "./run-pipeline.ts";
import { stageAssets } from "./stage-assets.ts";

/** What the host must know: a branch that is not registered would hang its parent for ever. */
export const everyOrchestration = [
  runPipeline,
  stageAssets,
  provisionEnvironment,
  evaluateFlow,
  publishPipelineEvent,
  removeEnvironment,
  deployCandidate,
  registerCandidate,
  prepareEndpoint,
] as readonly unknown[] as readonly Orchestration<never, unknown>[];
