import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as nextRound } from "node:timers/promises";
import type { Clock, WorkOptions } from "./clock.ts";

/** Work whose begin and end are seen from outside; it ends with the work that began it at the latest. */
export interface UnderWay {
  readonly id: string;
  end(): void;
}

interface Work {
  readonly id: string;
  readonly name: string;
  /** The work that waits for this one. */
  readonly parent: Work | undefined;
  /** What it began and does not outlive it. */
  readonly begun: Set<Work>;
  /** Pauses of its own or of what it waits for; while there are any, it does not hold time up. */
  readonly pauses: Set<Sleeper>;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** What finished work leaves to the event loop (an immediate, and what that one leaves) has begun after this many rounds. */
const QUIET_ROUNDS = 4;
/** Of real time: longer than anything on one machine takes that is not stuck. */
const STUCK_MS = 60_000;

/**
 * Time that goes on only in `advance`, and then jumps from one sleeper to the next: never while work is under way, and
 * one sleeper at a time, in order of time and of falling asleep. So work takes no time, and waiting takes no work.
 */
export class VirtualClock implements Clock {
  #now: number;
  #count = 0;
  #advancing: Promise<void> = Promise.resolve();
  #changed = Promise.withResolvers<void>();
  readonly #stuckMs: number;
  readonly #works = new Map<string, Work>();
  readonly #current = new AsyncLocalStorage<Work | undefined>();
  /** In the order in which they fell asleep. */
  readonly #sleepers = new Set<Sleeper>();

  constructor(start = Date.parse("2026-01-01T00:00:00Z"), { stuckMs = STUCK_MS } = {}) {
    this.#now = start;
    this.#stuckMs = stuckMs;
  }

  now(): number {
    return this.#now;
  }

  until(at: number, signal?: AbortSignal): Promise<void> {
    return this.#sleep(at, signal, undefined);
  }

  pause(at: number, signal?: AbortSignal): Promise<void> {
    return this.#sleep(at, signal, this.#current.getStore());
  }

  async work<Result>(
    name: string,
    run: () => Promise<Result>,
    options?: WorkOptions,
  ): Promise<Result> {
    const work = this.#add(name, options);
    try {
      return await this.#current.run(work, run);
    } finally {
      this.#end(work);
    }
  }

  begin(name: string, options?: WorkOptions): UnderWay {
    const work = this.#add(name, options);
    work.parent?.begun.add(work);
    return { id: work.id, end: () => this.#end(work) };
  }

  /** Lets so much time pass. Rejects when some work neither ends nor pauses. */
  advance(ms: number): Promise<void> {
    if (!Number.isFinite(ms) || ms < 0) {
      const message = `Time goes on by a number of milliseconds, 0 or more, not by ${ms}.`;
      return Promise.reject(new RangeError(message));
    }
    const advancing = this.#advancing.then(() => this.#goOnTo(this.#now + ms));
    this.#advancing = advancing.catch(() => undefined);
    return advancing;
  }

  async #goOnTo(end: number): Promise<void> {
    for (;;) {
      await this.#quiet();
      const next = this.#next();
      if (!next || next.at > end) break;
      this.#now = next.at;
      next.wake();
    }
    this.#now = end;
  }

  #next(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (first === undefined || sleeper.at < first.at) first = sleeper;
    }
    return first;
  }

  /** Resolves when nothing is under way, nor about to be. */
  async #quiet(): Promise<void> {
    for (;;) {
      while (this.#busy().length > 0) await this.#change();
      const begun = this.#count;
      for (let round = 0; round < QUIET_ROUNDS; round += 1) await nextRound();
      // What began may have ended in the same round, and have left something more to the event loop.
      if (this.#count === begun && this.#busy().length === 0) return;
    }
  }

  #busy(): readonly Work[] {
    return [...this.#works.values()].filter(({ pauses }) => pauses.size === 0);
  }

  async #change(): Promise<void> {
    this.#changed = Promise.withResolvers();
    const stuck = setTimeout(() => {
      const names = this.#busy().map(({ name }) => name);
      const message = `Time cannot go on: for ${this.#stuckMs / 1000} s there was no end to ${names.join(", ")}.`;
      this.#changed.reject(new Error(message));
    }, this.#stuckMs);
    try {
      await this.#changed.promise;
    } finally {
      clearTimeout(stuck);
    }
  }

  #add(name: string, { within }: WorkOptions = {}): Work {
    this.#count += 1;
    const id = String(this.#count);
    const parent = this.#works.get(
      (within === undefined ? this.#current.getStore()?.id : within) ?? "",
    );
    const work = { id, name, parent, begun: new Set<Work>(), pauses: new Set<Sleeper>() };
    this.#works.set(id, work);
    return work;
  }

  /** What it was still waiting for does not keep others waiting. */
  #end(work: Work): void {
    for (const pause of work.pauses) this.#resume(work, pause);
    for (const begun of work.begun) this.#end(begun);
    work.parent?.begun.delete(work);
    this.#works.delete(work.id);
    this.#changed.resolve();
  }

  #sleep(asked: number, signal: AbortSignal | undefined, pausing: Work | undefined): Promise<void> {
    const at = Math.ceil(asked);
    if (at <= this.#now || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        at,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener("abort", sleeper.wake);
          this.#resume(pausing, sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", sleeper.wake);
      for (const work of this.#waitingFor(pausing)) work.pauses.add(sleeper);
      this.#changed.resolve();
    });
  }

  #resume(pausing: Work | undefined, pause: Sleeper): void {
    for (const work of this.#waitingFor(pausing)) work.pauses.delete(pause);
  }

  /** The work itself and what waits for it, as far as that has not ended. */
  #waitingFor(work: Work | undefined): readonly Work[] {
    if (!work || !this.#works.has(work.id)) return [];
    return [work, ...this.#waitingFor(work.parent)];
  }
}
