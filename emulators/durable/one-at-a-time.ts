import type { Environment } from "./environment.ts";

/** Works on keys as they are woken: one piece of work per key at a time, any number of keys side by side. */
export class OneAtATime {
  readonly #environment: Pick<Environment, "clock" | "log">;
  readonly #what: string;
  /** Resolves to whether there may be more to do at once. */
  readonly #work: (key: string) => Promise<boolean>;
  readonly #ready = new Set<string>();
  readonly #busy = new Map<string, Promise<void>>();
  #pumping = false;
  #stopped = false;

  /** `what` is a piece of work in the log's words. */
  constructor(
    environment: Pick<Environment, "clock" | "log">,
    what: string,
    work: (key: string) => Promise<boolean>,
  ) {
    this.#environment = environment;
    this.#what = what;
    this.#work = work;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  wake(keys: Iterable<string>): void {
    for (const key of keys) this.#ready.add(key);
    if (this.#ready.size > 0) this.#pump();
  }

  isBusy(key: string): boolean {
    return this.#busy.has(key);
  }

  /** Starts nothing more; resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#busy.values());
  }

  /** Once per event loop round, so that what arrives together is worked on together. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      for (const key of [...this.#ready]) {
        if (this.#stopped || this.#busy.has(key)) continue;
        this.#ready.delete(key);
        const run = this.#advance(key).finally(() => {
          this.#busy.delete(key);
          if (this.#ready.has(key)) this.#pump();
        });
        this.#busy.set(key, run);
      }
    });
  }

  async #advance(key: string): Promise<void> {
    try {
      if (await this.#work(key)) this.#ready.add(key);
    } catch (error) {
      const { clock, log } = this.#environment;
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log("error", `${this.#what} ${key} was abandoned and is tried again in a second: ${reason}`);
      await clock.until(clock.now() + 1000);
      this.#ready.add(key);
    }
  }
}
