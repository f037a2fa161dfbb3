/** Work that goes on until it is stopped. */
export class Loop {
  readonly #cancel = new AbortController();
  readonly #work: () => Promise<void>;
  #running: Promise<void> = Promise.resolve();

  /** `work` has to end soon after `signal` has aborted. */
  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  start(): void {
    this.#running = this.#work();
  }

  /** Resolves when the work has ended, or patience has. */
  async stop(patience: Promise<void>): Promise<void> {
    this.#cancel.abort();
    await Promise.race([this.#running, patience]);
  }
}
