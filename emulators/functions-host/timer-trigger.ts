import type { RegisteredFunction } from "./app-registry.ts";
import type { TimerState } from "./host-store.ts";
import { Loop } from "./loop.ts";
import { parseSchedule, type Schedule } from "./ncrontab.ts";
import { type RetryPolicy, retryPolicyOf, runWithRetries } from "./retry-policy.ts";
import type { TriggerOptions } from "./trigger-options.ts";
import { jsonData } from "./typed-data.ts";

/** The schedule of a timer function; throws when it cannot be read. */
export function scheduleOf(
  { trigger }: RegisteredFunction,
  resolve: (text: string) => string,
): Schedule {
  return parseSchedule(resolve(String(trigger.binding.schedule ?? "")));
}

/**
 * Runs one timer function until stopped: never twice at once, times missed in between are skipped. What was missed
 * while the host was down runs once at the start, marked as past due.
 */
export class TimerTrigger {
  readonly #options: TriggerOptions;
  readonly #registered: RegisteredFunction;
  readonly #schedule: Schedule;
  readonly #isMonitored: boolean;
  readonly #retryPolicy: RetryPolicy | undefined;
  readonly #loop = new Loop(() => this.#run());

  constructor(registered: RegisteredFunction, options: TriggerOptions) {
    this.#options = options;
    this.#registered = registered;
    this.#schedule = scheduleOf(registered, options.resolve);
    this.#retryPolicy = retryPolicyOf(registered.metadata);
    this.#isMonitored =
      registered.trigger.binding.useMonitor !== false && !this.#schedule.isFrequent;
  }

  get name(): string {
    return this.#registered.name;
  }

  /** One run out of turn, which changes nothing of the schedule. */
  async fireNow(): Promise<void> {
    const { store, clock } = this.#options;
    const state = this.#isMonitored ? store.timer(this.name) : undefined;
    await this.#invoke(state, clock.now(), false);
  }

  start(): void {
    this.#loop.start();
  }

  stop(patience: Promise<void>): Promise<void> {
    return this.#loop.stop(patience);
  }

  async #run(): Promise<void> {
    const { clock, store } = this.#options;
    const { name, trigger } = this.#registered;
    const known = this.#isMonitored ? store.timer(name) : undefined;
    const isPastDue = known !== undefined && known.next <= clock.now();
    let state = known ?? { last: 0, next: this.#schedule.next(clock.now()), updated: 0 };
    if (this.#isMonitored && !known) store.setTimer(name, state);
    if (isPastDue || trigger.binding.runOnStartup === true)
      state = await this.#fire(state, isPastDue);
    const { signal } = this.#loop;
    while (!signal.aborted) {
      await clock.until(state.next, signal);
      if (!signal.aborted) state = await this.#fire(state, false);
    }
  }

  async #fire(state: TimerState, isPastDue: boolean): Promise<TimerState> {
    const { clock, store } = this.#options;
    const ranAt = clock.now();
    await this.#invoke(this.#isMonitored ? state : undefined, ranAt, isPastDue);
    const now = clock.now();
    const next = { last: ranAt, next: this.#schedule.next(now), updated: now };
    if (this.#isMonitored && !this.#loop.signal.aborted)
      store.setTimer(this.#registered.name, next);
    return next;
  }

  async #invoke(state: TimerState | undefined, at: number, isPastDue: boolean): Promise<void> {
    const ScheduleStatus = state
      ? { Last: iso(state.last), Next: iso(state.next), LastUpdated: iso(state.updated) }
      : null;
    const data = { Schedule: { AdjustForDST: true }, ScheduleStatus, IsPastDue: isPastDue };
    const { clock, log, run } = this.#options;
    const { signal } = this.#loop;
    await runWithRetries(
      { name: this.name, policy: this.#retryPolicy, clock, log, signal },
      (retryContext) =>
        run(this.#registered, {
          data: jsonData(data),
          triggerMetadata: { TimerTrigger: { string: iso(at) } },
          retryContext,
        }),
    );
  }
}

function iso(at: number): string {
  return at === 0 ? "0001-01-01T00:00:00+00:00" : new Date(at).toISOString().replace("Z", "+00:00");
}
