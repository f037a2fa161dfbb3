import { beginningOf, onOneLine } from "#domain/one-line.ts";
import type { Row } from "#domain/pipeline.ts";
import type { SliceCount } from "./evidence.ts";
import { cellOf } from "./policy.ts";

/** More values of a column are not told apart. */
const MAX_VALUES = 100;
const MAX_VALUE_LENGTH = 100;

/** Rows and right ones by the values of one column. */
export class SliceMeter {
  readonly by: string;
  isFull = false;
  readonly #counts = new Map<string | null, { rows: number; correct: number }>();

  constructor(by: string) {
    this.by = by;
  }

  add({ inputs }: Row, isRight: boolean): void {
    const value = textOf(cellOf(inputs, this.by));
    let counts = this.#counts.get(value);
    if (counts === undefined) {
      if (this.#counts.size >= MAX_VALUES) {
        this.isFull = true;
        return;
      }
      counts = { rows: 0, correct: 0 };
      this.#counts.set(value, counts);
    }
    counts.rows += 1;
    if (isRight) counts.correct += 1;
  }

  /** In the order of their values, no value last, so that it does not matter which row came first. */
  counts(): SliceCount[] {
    return [...this.#counts]
      .map(([value, counts]) => ({ by: this.by, value, ...counts }))
      .toSorted((one, other) => byText(one.value, other.value));
  }
}

function byText(one: string | null, other: string | null): number {
  if (one === null || other === null) return one === null ? 1 : -1;
  return one < other ? -1 : 1;
}

/** Short and on one line from here on: verdicts, reasons, events and reports all show it. */
function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = onOneLine(typeof value === "string" ? value : JSON.stringify(value));
  return text.length > MAX_VALUE_LENGTH ? `${beginningOf(text, MAX_VALUE_LENGTH)}…` : text;
}
