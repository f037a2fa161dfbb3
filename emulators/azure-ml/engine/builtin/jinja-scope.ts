/** A macro, a method or a global function. */
export type Callable = (
  args: readonly unknown[],
  named: Readonly<Record<string, unknown>>,
) => unknown;

/** One scope of names; a loop or macro opens its own. */
export class Scope {
  readonly #names = new Map<string, unknown>();
  readonly #parent: Scope | undefined;

  constructor(parent?: Scope, names: Readonly<Record<string, unknown>> = {}) {
    this.#parent = parent;
    for (const [name, value] of Object.entries(names)) this.#names.set(name, value);
  }

  read(name: string): unknown {
    return this.#names.has(name) ? this.#names.get(name) : this.#parent?.read(name);
  }

  write(name: string, value: unknown): void {
    this.#names.set(name, value);
  }
}
