import type { Delivery, Subscription } from "./store.ts";

/** An answer that did not accept the event; no status: there was no answer. */
export interface Refusal {
  readonly status: number | null;
  readonly message: string;
}

export type Verdict = { readonly retryAfterMs: number } | { readonly giveUp: string };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const TWELVE_HOURS = 12 * HOUR;
/** Source: Event Grid delivery and retry. Without its jitter, so that a turned clock is exact. */
const WAITS = [
  10 * SECOND,
  30 * SECOND,
  MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
];
/** The blobs webhook is a host on the same machine that is restarting: nobody waits for it as for a service. */
const LOCAL_WAITS = [250, 500, SECOND, 2 * SECOND];
const LONGEST_LOCAL_WAIT = 5 * SECOND;
const ACCEPTED: ReadonlySet<number> = new Set([200, 201, 202, 203, 204]);
const FINAL: ReadonlySet<number> = new Set([400, 401, 403, 413]);

export function isAccepted(status: number): boolean {
  return ACCEPTED.has(status);
}

export function localWait(attemptsBefore: number): number {
  return LOCAL_WAITS[attemptsBefore] ?? LONGEST_LOCAL_WAIT;
}

/** What follows an attempt that was refused at `now`; reasons are those of Event Grid's dead letters. */
export function judge(
  subscription: Subscription,
  { attempts: attemptsBefore, firstAt }: Delivery,
  { status }: Refusal,
  now: number,
): Verdict {
  if (status !== null && FINAL.has(status)) return { giveUp: "UndeliverableDueToHttpStatus" };
  if (attemptsBefore + 1 >= subscription.maxDeliveryAttempts) {
    return { giveUp: "MaxDeliveryAttemptsExceeded" };
  }
  const retryAfterMs = WAITS[attemptsBefore] ?? TWELVE_HOURS;
  const end = firstAt + subscription.eventTimeToLiveInMinutes * MINUTE;
  return now + retryAfterMs > end ? { giveUp: "TimeToLiveExceeded" } : { retryAfterMs };
}
