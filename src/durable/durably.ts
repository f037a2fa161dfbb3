import type { OrchestrationContext, Task } from "durable-functions";
import type { z } from "zod";
import type { Step } from "#domain/step.ts";
import { isFinal, retryAfterMs } from "./failures.ts";

export type { OrchestrationContext };

/** A stretch of orchestration: delegate to it with `yield*` and its result keeps its type. */
export type Durably<Result> = Generator<Task, Result, unknown>;

export interface Orchestration<Input, Output> {
  /** Written into every instance's history: renaming one strands what is in flight. */
  readonly name: string;
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
  run(context: OrchestrationContext, input: Input): Durably<Output>;
}

export function defineOrchestration<Input, Output>(
  orchestration: Orchestration<Input, Output>,
): Orchestration<Input, Output> {
  return orchestration;
}

const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 30_000;
/** Six tries: enough for what passes by itself. */
const RETRY_PATIENCE_MS = 60_000;
/** Nothing may keep a pipeline waiting for longer by asking for it. */
const LONGEST_ASKED_MS = 10 * 60_000;

export interface Retries {
  /** Told before each further attempt. */
  readonly onRetry?: () => void;
  /** How long after the first attempt has failed a further one may begin; default a minute. */
  readonly patienceMs?: number;
}

/**
 * Runs a step, retrying on a durable timer until the failure itself says that it is final, or patience ends.
 * A wait that the service asks for is kept, though patience ends meanwhile; then the next try is the last.
 */
export function* call<Input, Output>(
  context: OrchestrationContext,
  step: Step<Input, Output>,
  input: Input,
  { onRetry, patienceMs = RETRY_PATIENCE_MS }: Retries = {},
): Durably<Output> {
  let deadline: number | undefined;
  for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_RETRY_MS)) {
    let answer: unknown;
    try {
      answer = yield context.df.callActivity(step.name, input);
    } catch (error) {
      // An attempt can take longer than all patience: a call that nobody answers is given up after minutes.
      deadline ??= now(context) + patienceMs;
      // The last try is when patience ends, not a long wait before.
      const leftMs = deadline - now(context);
      if (isFinal(error) || leftMs < FIRST_RETRY_MS) throw error;
      const askedMs = Math.min(retryAfterMs(error) ?? 0, LONGEST_ASKED_MS);
      yield* pause(context, Math.max(askedMs, Math.min(waitMs, leftMs)));
      onRetry?.();
      continue;
    }
    return step.output.parse(answer);
  }
}

export const timedOut = Symbol("timedOut");

const FIRST_POLL_MS = 1_000;
const LONGEST_POLL_MS = 30_000;
const POLL_GROWTH = 1.5;
/** A service may be away for a while without the thing that is waited for being lost. */
const BUSY_READ_MS = 5 * 60_000;

/**
 * Reads until `isSettled`, on durable timers that start at a second and grow to half a minute.
 * Answers `timedOut` once `patienceMs` have passed since the first read. Throws what is final, and
 * what stays busy for minutes.
 */
export function* poll<Input, Output>(
  context: OrchestrationContext,
  read: Step<Input, Output>,
  input: Input,
  { isSettled, patienceMs }: { isSettled: (answer: Output) => boolean; patienceMs: number },
): Durably<Output | typeof timedOut> {
  const deadline = now(context) + patienceMs;
  for (let waitMs = FIRST_POLL_MS; ; waitMs = Math.min(waitMs * POLL_GROWTH, LONGEST_POLL_MS)) {
    const busyMs = Math.max(RETRY_PATIENCE_MS, Math.min(BUSY_READ_MS, deadline - now(context)));
    const answer = yield* call(context, read, input, { patienceMs: busyMs });
    if (isSettled(answer)) return answer;
    // A timer may fire early, so only the clock says that the time is up.
    const leftMs = deadline - now(context);
    if (leftMs <= 0) return timedOut;
    yield* pause(context, Math.min(waitMs, leftMs));
  }
}

export interface Child<Input, Output> {
  readonly orchestration: Orchestration<Input, Output>;
  /** Explicit, so that the branch can be found from outside. */
  readonly id: string;
  readonly input: Input;
}

/** Runs sub-orchestrations at once and waits for all of them, also when one fails; then rejects with the first failure. */
export function* together<Input, Output>(
  context: OrchestrationContext,
  children: readonly Child<Input, Output>[],
): Durably<Output[]> {
  const first = children[0];
  // The real extension never completes a compound task over nothing.
  if (first === undefined) return [];
  const tasks = children.map(({ orchestration, id, input }) =>
    context.df.callSubOrchestrator(orchestration.name, input, id),
  );
  try {
    const answers = (yield context.df.Task.all(tasks)) as unknown[];
    return answers.map((answer, index) =>
      (children[index] ?? first).orchestration.output.parse(answer),
    );
  } catch (error) {
    for (const task of tasks) {
      if (!task.isCompleted) yield* settle(task);
    }
    throw error;
  }
}

/** Two branches of different kinds at once. */
export function* both<A, B, C, D>(
  context: OrchestrationContext,
  one: Child<A, B>,
  other: Child<C, D>,
): Durably<[B, D]> {
  return (yield* together(context, [anyChild(one), anyChild(other)])) as [B, D];
}

/** The same with three. */
export function* allThree<A, B, C, D, E, F>(
  context: OrchestrationContext,
  one: Child<A, B>,
  other: Child<C, D>,
  third: Child<E, F>,
): Durably<[B, D, F]> {
  const children = [anyChild(one), anyChild(other), anyChild(third)];
  return (yield* together(context, children)) as [B, D, F];
}

function anyChild<Input, Output>(child: Child<Input, Output>): Child<unknown, unknown> {
  return child as unknown as Child<unknown, unknown>;
}

function* settle(task: Task): Durably<void> {
  try {
    yield task;
  } catch {
    // The first failure is the one that is told; this one only had to end.
  }
}

export function* pause(context: OrchestrationContext, delayMs: number): Durably<void> {
  yield context.df.createTimer(new Date(now(context) + Math.round(delayMs)));
}

/** The orchestration's own clock in milliseconds since the epoch; the same on every replay. */
export function now(context: OrchestrationContext): number {
  return context.df.currentUtcDateTime.getTime();
}

/** The same, as ISO 8601. */
export function timestamp(context: OrchestrationContext): string {
  return new Date(now(context)).toISOString();
}
