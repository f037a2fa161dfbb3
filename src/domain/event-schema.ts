import { z } from "zod";
import { type EventType, PipelineEvent } from "./events.ts";
import { Deployment, PipelineStatus, Verdict } from "./pipeline.ts";

const { data } = PipelineEvent.shape;

/** What is decided by the time of each event, and so is never null in it. */
const DATA: Readonly<Record<EventType, z.ZodType>> = {
  "Flowgate.PipelineStarted": data.extend({ status: z.literal("running") }),
  "Flowgate.EvaluationCompleted": data.extend({ verdict: Verdict }),
  "Flowgate.DeploymentCompleted": data.extend({ verdict: Verdict, deployment: Deployment }),
  "Flowgate.PipelineCompleted": data.extend({ status: PipelineStatus.exclude(["running"]) }),
};

const TITLES: Readonly<Record<EventType, string>> = {
  "Flowgate.PipelineStarted": "A pipeline was accepted and begins",
  "Flowgate.EvaluationCompleted": "The gate has decided, or could not",
  "Flowgate.DeploymentCompleted": "A deployment was tried, or found already serving",
  "Flowgate.PipelineCompleted": "A pipeline is over",
};

/** JSON Schema of one event as it is published, kept under docs/reference/events/. */
export function eventSchema(type: EventType): object {
  const id = `urn:flowgate:event:${type}:1`;
  const schema = PipelineEvent.extend({
    type: z.literal(type),
    dataschema: z.literal(id),
    source: z.string().regex(/^\/flowgate\/[^/]+$/),
    subject: z.string().regex(/^\/apps\/[^/]+\/pipelines\/[^/]+$/),
    sequence: z.string().regex(/^[1-9][0-9]*$/),
    data: DATA[type],
  });
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return { $schema, $id: id, title: TITLES[type], ...rest };
}
