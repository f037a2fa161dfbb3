/** Time as an emulator sees it; tests hand in one that they turn themselves. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves once `now()` has reached `at`, or at once when `signal` aborts. */
  until(at: number, signal?: AbortSignal): Promise<void>;
  /** As `until`, where the work that calls it does nothing meanwhile. */
  pause(at: number, signal?: AbortSignal): Promise<void>;
  /** Runs something that time must not skip: a clock that jumps over idle time stands still until it is done or pauses. */
  work<Result>(name: string, run: () => Promise<Result>, options?: WorkOptions): Promise<Result>;
}

export interface WorkOptions {
  /** Id of the work that waits for this one, null for none; default the one that calls. */
  readonly within?: string | null | undefined;
}

/** By this header a request says which work waits for its answer. */
export const WORK_HEADER = "x-virtual-work";

/** `setTimeout` overflows above this; a longer wait is made of several. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  async until(at, signal) {
    while (Date.now() < at && !signal?.aborted) {
      await timeout(Math.min(Math.max(at - Date.now(), 0), LONGEST_TIMEOUT_MS), signal);
    }
  },
  pause: (at, signal) => systemClock.until(at, signal),
  work: (_name, run) => run(),
};

function timeout(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}

/** Runs with a signal that aborts with a TimeoutError after `ms`. */
export async function withDeadline<Result>(
  clock: Clock,
  ms: number,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const done = new AbortController();
  const late = new AbortController();
  void clock.until(clock.now() + ms, done.signal).then(() => {
    if (!done.signal.aborted) late.abort(timedOut());
  });
  try {
    return await run(late.signal);
  } finally {
    done.abort();
  }
}

/** What `AbortSignal.timeout` gives as its reason. */
export function timedOut(): DOMException {
  return new DOMException("The operation was aborted due to timeout", "TimeoutError");
}

/** A clock that stands still until it is turned. */
export class ManualClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<{ at: number; wake: () => void }>();

  constructor(start = Date.parse("2026-01-01T00:00:00Z")) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  until(at: number, signal?: AbortSignal): Promise<void> {
    if (at <= this.#now || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        at,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener("abort", sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", sleeper.wake);
    });
  }

  pause(at: number, signal?: AbortSignal): Promise<void> {
    return this.until(at, signal);
  }

  work<Result>(_name: string, run: () => Promise<Result>): Promise<Result> {
    return run();
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const sleeper of [...this.#sleepers].sort((a, b) => a.at - b.at)) {
      if (sleeper.at <= this.#now) sleeper.wake();
    }
  }
}
