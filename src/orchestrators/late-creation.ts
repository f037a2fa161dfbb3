import type { PipelineStep } from "#domain/pipeline.ts";
import type { Step } from "#domain/step.ts";
import { type Durably, now } from "#durable/durably.ts";
import type { Journal } from "./journal.ts";

/** After so long a create call is given up; one that took less has an answer of its own. */
const GIVEN_UP_MS = 2 * 60_000;
/** Azure's load balancers end a request before its fourth minute is over, so that one given up takes effect this long after at the latest. */
const LATE_MS = 2 * 60_000;

const MAY_COME_LATE =
  "A call to create it was given up and asked again; the first may take effect late.";

/** Asks for a creation; `notes` says so where one of its calls may have been given up on the way. */
export function* askToCreate<Input, Output>(
  journal: Journal,
  step: Step<Input, Output>,
  input: Input,
): Durably<{ readonly answer: Output; readonly notes: readonly string[] }> {
  const askedMs = now(journal.context);
  const answer = yield* journal.call(step, input);
  const isSlow = now(journal.context) - askedMs >= GIVEN_UP_MS;
  return { answer, notes: isSlow ? [MAY_COME_LATE] : [] };
}

/**
 * Until when a call of this step may still take effect, in milliseconds since the epoch; 0 where none can. Of a step
 * that failed nobody knows what took its time.
 */
export function lateUntil(step: PipelineStep | undefined): number {
  if (!step?.startedAt || !step.endedAt) return 0;
  const endedMs = Date.parse(step.endedAt);
  const tookMs = endedMs - Date.parse(step.startedAt);
  const isUnsure = step.status === "failed" ? tookMs >= GIVEN_UP_MS : step.note === MAY_COME_LATE;
  return isUnsure ? endedMs + LATE_MS : 0;
}
