import type { Row } from "./pipeline.ts";

/** Stored rows, read beside others in the same order: a few at a time are held. */
export class RowsByLine {
  readonly #pages: AsyncGenerator<readonly Row[]>;
  #page: readonly Row[] = [];
  #place = 0;

  /** `pages` in the order of their lines. */
  constructor(pages: AsyncGenerator<readonly Row[]>) {
    this.#pages = pages;
  }

  /** The rows of the same lines, of each line in turn; undefined where there is none. */
  async beside(rows: readonly Row[]): Promise<readonly (Row | undefined)[]> {
    const found: (Row | undefined)[] = [];
    for (const { line } of rows) {
      let next = this.#next(line);
      while (next === undefined && (await this.#turn())) next = this.#next(line);
      found.push(next?.line === line ? next : undefined);
    }
    return found;
  }

  /** The rest is not read. */
  async close(): Promise<void> {
    await this.#pages.return(undefined);
  }

  /** The first row of the page that is not before this line. */
  #next(line: number): Row | undefined {
    while ((this.#page[this.#place]?.line ?? line) < line) this.#place += 1;
    return this.#page[this.#place];
  }

  /** Whether there is another page. */
  async #turn(): Promise<boolean> {
    const { done = false, value } = await this.#pages.next();
    this.#page = value ?? [];
    this.#place = 0;
    return !done;
  }
}
