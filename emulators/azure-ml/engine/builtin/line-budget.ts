import type { Clock } from "#emulators/kit/clock.ts";
import { LineError, userError } from "./errors.ts";

/** Reasons of their own: Node makes an error, with its stack, for each abort without one. */
const DONE = "done";
const OVER = new Error("The line has had its time.");

/** The time one line may take; waiting for a free worker does not count. */
export class LineBudget {
  readonly clock: Clock;
  readonly #lineNumber: number;
  readonly #limitMs: number;
  readonly #signal: AbortSignal;
  #spentMs = 0;
  #timeout: LineError | undefined;

  constructor(lineNumber: number, limitMs: number, signal: AbortSignal, clock: Clock) {
    this.#lineNumber = lineNumber;
    this.#limitMs = limitMs;
    this.#signal = signal;
    this.clock = clock;
  }

  get canceled(): boolean {
    return this.#signal.aborted;
  }

  /** Whether this is the error that ended the line for its time, or the run's cancel. */
  isOver(error: unknown): boolean {
    return (this.#timeout !== undefined && error === this.#timeout) || this.#signal.aborted;
  }

  /** Rejects with LineError when the time is over; `stop` then ends the work. */
  async spend<T>(
    work: (signal: AbortSignal, begin: () => void) => Promise<T>,
    stop: () => void = () => undefined,
  ): Promise<T> {
    this.#signal.throwIfAborted();
    const done = new AbortController();
    const over = new AbortController();
    let startedAt: number | undefined;
    const begin = () => {
      startedAt = this.clock.now();
      const end = startedAt + this.#limitMs - this.#spentMs;
      void this.clock.until(end, done.signal).then(() => {
        if (done.signal.aborted) return;
        over.abort(OVER);
        stop();
      });
    };
    try {
      return await work(AbortSignal.any([this.#signal, over.signal]), begin);
    } catch (error) {
      if (!over.signal.aborted) throw error;
      this.#timeout ??= timeout(this.#lineNumber, this.#limitMs);
      throw this.#timeout;
    } finally {
      done.abort(DONE);
      if (startedAt !== undefined) this.#spentMs += this.clock.now() - startedAt;
    }
  }
}

function timeout(line: number, limitMs: number): LineError {
  return new LineError(
    userError(
      "LineExecutionTimeoutError",
      `Line ${line} execution timeout for exceeding ${limitMs / 1_000} seconds`,
    ),
  );
}
