import { z } from "zod";
import { withinLimits } from "./document-limits.ts";
import { Pipeline } from "./pipeline.ts";

export const EventType = z.enum([
  "Flowgate.PipelineStarted",
  "Flowgate.EvaluationCompleted",
  "Flowgate.DeploymentCompleted",
  "Flowgate.PipelineCompleted",
]);
export type EventType = z.infer<typeof EventType>;

/** CloudEvents 1.0, as published to the topic. */
export const PipelineEvent = z.object({
  specversion: z.literal("1.0"),
  id: z.string(),
  source: z.string(),
  subject: z.string(),
  type: EventType,
  time: z.string(),
  datacontenttype: z.literal("application/json"),
  dataschema: z.string(),
  /** From "1", without gaps within a pipeline. */
  sequence: z.string(),
  data: Pipeline.pick({
    id: true,
    app: true,
    bundle: true,
    commit: true,
    status: true,
    verdict: true,
    runs: true,
    deployment: true,
  }),
});
export type PipelineEvent = z.infer<typeof PipelineEvent>;

/** What the pipeline can say by now; never row content, but for the values of columns that `gate.slices` names. `time` is ISO 8601. */
export function pipelineEvent(
  pipeline: Pipeline,
  type: EventType,
  sequence: number,
  time: string,
): PipelineEvent {
  const { id, app, bundle, commit, status, verdict, runs, deployment } = withinLimits(pipeline);
  return {
    specversion: "1.0",
    id: `${id}-${sequence}`,
    source: `/flowgate/${app}`,
    subject: `/apps/${app}/pipelines/${id}`,
    type,
    time,
    datacontenttype: "application/json",
    dataschema: `urn:flowgate:event:${type}:1`,
    sequence: String(sequence),
    data: { id, app, bundle, commit, status, verdict, runs, deployment },
  };
}
