import type { Clock } from "#emulators/kit/clock.ts";
import type { FunctionMetadata } from "./app-registry.ts";
import type { Invocation, InvocationOutcome } from "./invocation.ts";
import type { HostLog } from "./log.ts";

type RetryContext = NonNullable<Invocation["retryContext"]>;

export interface RetryPolicy {
  /** -1 for ever. */
  readonly maxRetryCount: number;
  /** Before the first retry, the second, … */
  readonly delayMs: (retry: number) => number;
}

/** As the library hands it on. */
interface RetryOptions {
  readonly strategy?: string;
  readonly maxRetryCount?: number;
  readonly delayInterval?: Interval;
  readonly minimumInterval?: Interval;
  readonly maximumInterval?: Interval;
}

interface Interval {
  readonly seconds?: number;
}

/** The function's own policy, if it has one. Throws for one that cannot be read. */
export function retryPolicyOf({ retryOptions }: FunctionMetadata): RetryPolicy | undefined {
  if (retryOptions === undefined || retryOptions === null) return undefined;
  const { strategy, maxRetryCount = Number.NaN, ...intervals } = retryOptions as RetryOptions;
  if (!Number.isInteger(maxRetryCount) || maxRetryCount < -1) {
    throw new Error("its retry.maxRetryCount has to be a whole number, or -1 for ever");
  }
  const first = milliseconds(intervals.minimumInterval);
  const longest = milliseconds(intervals.maximumInterval);
  switch (strategy) {
    case "fixedDelay":
      return { maxRetryCount, delayMs: () => milliseconds(intervals.delayInterval) };
    case "exponentialBackoff":
      return { maxRetryCount, delayMs: (retry) => Math.min(first * 2 ** (retry - 1), longest) };
    default:
      throw new Error(
        `its retry.strategy is "${strategy}", expected "fixedDelay" or "exponentialBackoff"`,
      );
  }
}

function milliseconds(interval: Interval | undefined): number {
  return (interval?.seconds ?? 0) * 1_000;
}

export interface RetryOptionsOfRun {
  readonly name: string;
  readonly policy: RetryPolicy | undefined;
  readonly clock: Clock;
  readonly log: HostLog;
  /** Ends the waiting; the last outcome is then the result. */
  readonly signal: AbortSignal;
}

/** Runs a function again while it fails and its policy allows it. The first run has no retry context, as in Azure. */
export async function runWithRetries(
  { name, policy, clock, log, signal }: RetryOptionsOfRun,
  run: (retryContext: RetryContext | undefined) => Promise<InvocationOutcome>,
): Promise<InvocationOutcome> {
  let outcome = await run(undefined);
  if (!policy) return outcome;
  const { maxRetryCount, delayMs } = policy;
  for (let retryCount = 1; maxRetryCount === -1 || retryCount <= maxRetryCount; retryCount += 1) {
    if (outcome.kind === "returned") return outcome;
    const wait = delayMs(retryCount);
    const most = maxRetryCount === -1 ? "" : ` of ${maxRetryCount}`;
    log.host("warning", `${name} failed; retry ${retryCount}${most} in ${wait / 1_000} s.`);
    await clock.until(clock.now() + wait, signal);
    if (signal.aborted) return outcome;
    const { message, stack } = outcome;
    const exception = { source: "", message, stackTrace: stack };
    outcome = await run({ retryCount, maxRetryCount, exception });
  }
  return outcome;
}
