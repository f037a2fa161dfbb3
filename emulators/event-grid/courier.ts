import { type Clock, withDeadline } from "#emulators/kit/clock.ts";
import { isAccepted, judge, localWait, type Refusal } from "./retry-policy.ts";
import type { Delivery, EventGridStore } from "./store.ts";

export interface CourierOptions {
  readonly store: EventGridStore;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

const RESPONSE_DEADLINE_MS = 30_000;
const AT_ONCE = 32;
/** In real time: whoever stops us may not turn the clock any more. */
const GRACE_MS = 500;

/** Carries stored deliveries to their endpoints until each is accepted, given up or taken back. */
export class Courier implements AsyncDisposable {
  readonly #store: EventGridStore;
  readonly #clock: Clock;
  readonly #warn: (message: string) => void;
  readonly #stopped = new AbortController();
  readonly #cutOff = new AbortController();
  /** One that hangs does not hold up the others. */
  readonly #underway = new Map<number, Promise<void>>();
  readonly #working: Promise<void>;
  #bell = Promise.withResolvers<void>();

  constructor({ store, clock, warn }: CourierOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#warn = warn;
    this.#working = this.#work();
  }

  /** Looks for deliveries that are due now. */
  wake(): void {
    this.#bell.resolve();
  }

  /** Lets what is under way come to its answer, for a while: cut off, it would be delivered again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    this.wake();
    await this.#working;
    const cutOff = setTimeout(() => this.#cutOff.abort(), GRACE_MS);
    await Promise.all(this.#underway.values());
    clearTimeout(cutOff);
  }

  async #work(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      this.#bell = Promise.withResolvers<void>();
      for (const delivery of this.#due()) this.#start(delivery);
      await this.#untilDue();
    }
  }

  #due(): Delivery[] {
    const room = AT_ONCE - this.#underway.size;
    return this.#store.dueDeliveries(this.#clock.now(), room, [...this.#underway.keys()]);
  }

  #start(delivery: Delivery): void {
    const name = `delivery to ${delivery.endpoint}`;
    const attempt = this.#clock
      .work(name, () => this.#attempt(delivery))
      .finally(() => {
        this.#underway.delete(delivery.id);
        this.wake();
      });
    this.#underway.set(delivery.id, attempt);
  }

  async #untilDue(): Promise<void> {
    const at = this.#store.nextDueAt([...this.#underway.keys()]);
    const full = this.#underway.size >= AT_ONCE;
    const awake = new AbortController();
    const due = at === undefined || full ? [] : [this.#clock.until(at, awake.signal)];
    await Promise.race([this.#bell.promise, ...due]);
    awake.abort();
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const refusal = await withDeadline(this.#clock, RESPONSE_DEADLINE_MS, (late) =>
      send(delivery, AbortSignal.any([this.#cutOff.signal, late])),
    );
    if (this.#cutOff.signal.aborted && refusal) return;
    if (!refusal) this.#store.removeDelivery(delivery.id);
    else if (delivery.subscription === null) this.#retryLocally(delivery, refusal);
    else this.#retryOrBury(delivery, delivery.subscription, refusal);
  }

  #retryLocally({ id, attempts, endpoint }: Delivery, { message }: Refusal): void {
    if (attempts === 0) {
      this.#warn(`${endpoint} did not take an event (${message}); it is tried until it does.`);
    }
    this.#store.postponeDelivery(id, attempts + 1, this.#clock.now() + localWait(attempts));
  }

  #retryOrBury(delivery: Delivery, name: string, refusal: Refusal): void {
    const now = this.#clock.now();
    const attempts = delivery.attempts + 1;
    const subscription = this.#store.subscriptions().find(({ id }) => id === name);
    if (!subscription) return;
    const verdict = judge(subscription, delivery, refusal, now);
    if ("retryAfterMs" in verdict) {
      this.#store.postponeDelivery(delivery.id, attempts, now + verdict.retryAfterMs);
      return;
    }
    this.#store.transaction(() => {
      this.#store.removeDelivery(delivery.id);
      this.#store.addDeadLetter({
        subscription: name,
        event: JSON.parse(delivery.body),
        deadLetterReason: verdict.giveUp,
        deliveryAttempts: attempts,
        lastDeliveryOutcome: refusal.message,
        publishTime: new Date(delivery.firstAt).toISOString(),
        lastDeliveryAttemptTime: new Date(now).toISOString(),
      });
    });
  }
}

async function send(
  { endpoint, headers, body }: Delivery,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  try {
    const response = await fetch(endpoint, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal,
    });
    await response.body?.cancel();
    const { status } = response;
    return isAccepted(status) ? undefined : { status, message: `it answered ${status}` };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return { status: null, message: (cause as { code?: string }).code || String(cause) };
  }
}
