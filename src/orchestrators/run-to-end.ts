import type { z } from "zod";
import { PipelineError } from "#domain/errors.ts";
import { cancelRun, readRun, submitRun } from "#domain/steps.ts";
import { type Durably, poll, timedOut } from "#durable/durably.ts";
import { errorBody } from "#durable/failures.ts";
import type { Journal } from "./journal.ts";

/**
 * Submits a run and waits for its end. Throws as the run itself failed, RUN_FAILED, or RUN_TIMEOUT after `patienceMs`; what nobody
 * waits for any more is cancelled. `note` is told the status that it ends with, unless it completes.
 */
export function* runToEnd(
  journal: Journal,
  request: z.infer<typeof submitRun.input>,
  patienceMs: number,
  note: (status: string) => void,
): Durably<void> {
  const { kind, run } = request;
  let answer: z.infer<typeof readRun.output> | typeof timedOut;
  try {
    yield* journal.call(submitRun, request);
    const isSettled = ({ state }: { state: string }) => state !== "running";
    answer = yield* poll(journal.context, readRun, { run }, { isSettled, patienceMs });
  } catch (error) {
    // Whether it goes on or never began, nobody waits for it any more.
    yield* cancel(journal, run);
    note("Failed");
    throw error;
  }
  if (answer === timedOut) {
    yield* cancel(journal, run);
    note("Canceled");
    throw new PipelineError(
      "RUN_TIMEOUT",
      `The ${kind} run ${run} did not end within ${Math.round(patienceMs / 60_000)} minutes (runTimeout) and was cancelled.`,
    );
  }
  if (answer.state === "completed") return;

  note(answer.status);
  if (answer.error === null) {
    throw new PipelineError("RUN_FAILED", `The ${kind} run ${run} ended as ${answer.status}.`);
  }
  const { code, message, ...where } = answer.error;
  throw new PipelineError(code, message, { where });
}

/** As well as it can be: why the pipeline gives the run up is what is told. */
function* cancel(journal: Journal, run: string): Durably<void> {
  try {
    yield* journal.call(cancelRun, { run });
  } catch (error) {
    journal.context.warn(`Run ${run} was not cancelled: ${errorBody(error).message}`);
  }
}
