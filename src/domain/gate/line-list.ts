import { MAX_ITEMS } from "#domain/document-limits.ts";

/** The lowest lines of all that were added. */
export class LineList {
  count = 0;
  #lines: number[] = [];

  add(line: number): void {
    this.count += 1;
    this.#lines.push(line);
    if (this.#lines.length >= 2 * MAX_ITEMS) this.#lines = this.first();
  }

  first(): number[] {
    return this.#lines.toSorted((one, other) => one - other).slice(0, MAX_ITEMS);
  }
}
