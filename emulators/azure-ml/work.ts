import type { Clock } from "#emulators/kit/clock.ts";

type Log = (event: string, fields: Readonly<Record<string, unknown>>) => void;

/** Whoever does not let go by then is left behind: the next start takes it up. In real time, as nobody may turn the clock. */
const STOP_PATIENCE_MS = 1000;

/** Work that goes on after its request was answered: runs, deployments. */
export class Work {
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Aborts when the emulator stops; whatever is unfinished then is taken up at the next start. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  start(name: string, work: () => Promise<void>): void {
    const promise = this.#clock
      .work(name, work, { within: null })
      .catch((error: unknown) => {
        if (this.stopping.aborted) return;
        this.#log("work failed", { name, message: messageOf(error) });
      })
      .finally(() => this.#underWay.delete(promise));
    this.#underWay.add(promise);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const patience = new Promise((resolve) => setTimeout(resolve, STOP_PATIENCE_MS).unref());
    await Promise.race([Promise.allSettled(this.#underWay), patience]);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
