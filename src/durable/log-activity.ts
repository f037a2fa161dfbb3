import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";
import type { Activity } from "./activity.ts";

/** The part of an invocation's context that logs. */
export interface Logger {
  log(line: string): void;
  warn(line: string): void;
}

/** Where the steps of a pipeline carry its id. */
const PipelineOf = z.union([
  z.object({ id: z.string() }).transform(({ id }) => id),
  z.object({ pipeline: z.object({ id: z.string() }) }).transform(({ pipeline }) => pipeline.id),
  z
    .object({ event: z.object({ data: z.object({ id: z.string() }) }) })
    .transform(({ event }) => event.data.id),
]);

/** Runs an activity and tells, as one line of JSON, which step of which pipeline took how long: never what went in or came out. */
export async function runLogged<Input, Output>(
  { step, run }: Activity<Input, Output>,
  input: Input,
  logger: Logger,
  clock: () => number = performance.now.bind(performance),
): Promise<Output> {
  const begun = clock();
  const pipeline = PipelineOf.safeParse(input).data;
  const line = (outcome: object) =>
    JSON.stringify({ step: step.name, pipeline, ms: Math.round(clock() - begun), ...outcome });
  try {
    const output = await run(input);
    logger.log(line({ outcome: "succeeded" }));
    return output;
  } catch (error) {
    const code = error instanceof PipelineError ? error.code : "INTERNAL";
    logger.warn(line({ outcome: "failed", code }));
    throw error;
  }
}
