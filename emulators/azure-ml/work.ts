/** Whoever does not let go by then is left behind: the next start takes it up. */
const STOP_PATIENCE_MS = 1000;

/** Work that goes on after its request was answered: runs, deployments. */
export class Work {
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #log: (event: string, fields: Readonly<Record<string, unknown>>) => void;

  constructor(log: (event: string, fields: Readonly<Record<string, unknown>>) => void) {
    this.#log = log;
  }

  /** Aborts when the emulator stops; whatever is unfinished then is taken up at the next start. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  start(name: string, work: () => Promise<void>): void {
    const promise = work()
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
