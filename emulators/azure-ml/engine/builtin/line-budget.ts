import type { Clock } from "#emulators/kit/clock.ts";
import { LineError, userError } from "./errors.ts";

/** Reasons of their own: Node makes an error, with its stack, for each abort without one. */
const DONE = "done";
const OVER = new Error("The line has had its time.");

/** When a whole batch has had its time. */
export interface BatchEnd {
  /** As the clock counts. */
  readonly at: number;
  readonly limitMs: number;
}

/** What ends all work of a batch. */
export interface BatchLimits {
  readonly signal: AbortSignal;
  readonly batchEnd?: BatchEnd | undefined;
}

export interface LineLimits extends BatchLimits {
  readonly lineNumber: number;
  readonly limitMs: number;
  readonly clock: Clock;
}

/** The time one line may take; waiting for a free worker does not count, but for the end of the batch. */
export class LineBudget {
  readonly clock: Clock;
  readonly #limits: LineLimits;
  readonly #signal: AbortSignal;
  #spentMs = 0;
  #timeout: LineError | undefined;

  constructor(limits: LineLimits) {
    this.#limits = limits;
    this.#signal = limits.signal;
    this.clock = limits.clock;
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
    const { lineNumber, limitMs, batchEnd } = this.#limits;
    if (batchEnd && batchEnd.at <= this.clock.now())
      throw this.#over(batchTimeout(lineNumber, batchEnd));
    const done = new AbortController();
    const over = new AbortController();
    const cancel = () => over.abort(this.#signal.reason);
    let isLate = false;
    let startedAt: number | undefined;
    let isBatchOver = false;
    const begin = () => {
      startedAt = this.clock.now();
      const lineEnd = startedAt + limitMs - this.#spentMs;
      isBatchOver = batchEnd !== undefined && batchEnd.at < lineEnd;
      const end = Math.min(lineEnd, batchEnd?.at ?? lineEnd);
      void this.clock.until(end, done.signal).then(() => {
        if (done.signal.aborted) return;
        isLate = true;
        over.abort(OVER);
        stop();
      });
    };
    // `AbortSignal.any` would leave something at the run's signal for every call of every line.
    this.#signal.addEventListener("abort", cancel);
    try {
      return await work(over.signal, begin);
    } catch (error) {
      if (!isLate) throw error;
      throw this.#over(
        isBatchOver && batchEnd ? batchTimeout(lineNumber, batchEnd) : timeout(lineNumber, limitMs),
      );
    } finally {
      this.#signal.removeEventListener("abort", cancel);
      done.abort(DONE);
      if (startedAt !== undefined) this.#spentMs += this.clock.now() - startedAt;
    }
  }

  /** The first reason stays the line's. */
  #over(reason: LineError): LineError {
    this.#timeout ??= reason;
    return this.#timeout;
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

function batchTimeout(line: number, { limitMs }: BatchEnd): LineError {
  return new LineError(
    userError(
      "BatchExecutionTimeoutError",
      `Line ${line} execution terminated due to the total batch run exceeding the batch timeout (${limitMs / 1_000}s).`,
    ),
  );
}
