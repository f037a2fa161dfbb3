import type { Clock } from "#emulators/kit/clock.ts";

/** One wake-up for whatever is due next. */
export class Alarm {
  readonly #clock: Pick<Clock, "now" | "until">;
  readonly #ring: () => void;
  #armed: { readonly at: number; readonly cancel: AbortController } | undefined;

  constructor(clock: Pick<Clock, "now" | "until">, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `at` instead of when it was set for; never, if undefined. One that is due is not called off. */
  set(at: number | undefined): void {
    if (this.#armed?.at === at) return;
    // A busy process is late: what was due must still be rung for, whatever comes next.
    if (this.#armed && this.#armed.at <= this.#clock.now()) return;
    this.#armed?.cancel.abort();
    this.#armed = undefined;
    if (at === undefined) return;
    const armed = { at, cancel: new AbortController() };
    this.#armed = armed;
    void this.#wait(armed);
  }

  async #wait(armed: { readonly at: number; readonly cancel: AbortController }): Promise<void> {
    await this.#clock.until(armed.at, armed.cancel.signal);
    if (armed.cancel.signal.aborted) return;
    this.#armed = undefined;
    this.#ring();
  }
}
