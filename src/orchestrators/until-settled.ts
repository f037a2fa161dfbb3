import type { Step } from "#domain/step.ts";
import type { Settled } from "#domain/steps.ts";
import { type Durably, type OrchestrationContext, poll, timedOut } from "#durable/durably.ts";

/** Time was up; `lost` where the last read did not know what was asked for. */
export interface TimedOut {
  readonly state: "timedOut";
  readonly lost: boolean;
}

/** Waits for what was just asked for. It may not be listed yet, so "gone" is waited out like "pending". */
export function* untilSettled<Input, Standing extends Settled>(
  context: OrchestrationContext,
  read: Step<Input, Standing>,
  input: Input,
  patienceMs: number,
): Durably<Standing | TimedOut> {
  let lost = false;
  const answer = yield* poll(context, read, input, {
    isSettled: ({ state }) => {
      lost = state === "gone";
      return state === "ready" || state === "failed";
    },
    patienceMs,
  });
  return answer === timedOut ? { state: "timedOut", lost } : answer;
}
