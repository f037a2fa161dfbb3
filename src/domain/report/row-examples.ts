import type { PairedRow } from "#domain/gate/measure-rows.ts";
import { beginningOf, onOneLine } from "#domain/one-line.ts";
import type { Row, RowOutcome } from "#domain/pipeline.ts";

const MAX_WRONG = 100;
const MAX_BROKEN = 10;
const MAX_TEXT = 300;

/** A row for people: what it holds is cut to a glance. */
export interface RowExample {
  readonly line: number;
  readonly outcome: RowOutcome;
  readonly node: string | null;
  /** JSON on one line; null where there is none. */
  readonly inputs: string | null;
  readonly outputs: string | null;
  readonly grade: string | null;
  readonly error: string | null;
}

/** The first rows of one cell that are not right. */
export interface Examples {
  readonly wrong: readonly RowExample[];
  /** Those that were right in the baseline. */
  readonly newlyBroken: readonly RowExample[];
}

export const NO_EXAMPLES: Examples = { wrong: [], newlyBroken: [] };

/** Keeps the first rows that are worth a look, as they come in the order of their lines. */
export class ExampleList implements Examples {
  readonly wrong: RowExample[] = [];
  readonly newlyBroken: RowExample[] = [];

  add({ row, before }: PairedRow): void {
    if (row.outcome === "correct") return;
    if (this.wrong.length < MAX_WRONG) this.wrong.push(exampleOf(row));
    const wasRight = before?.outcome === "correct";
    if (wasRight && this.newlyBroken.length < MAX_BROKEN) this.newlyBroken.push(exampleOf(row));
  }
}

function exampleOf({ line, outcome, node = null, inputs, outputs, grade, error }: Row): RowExample {
  return {
    line,
    outcome,
    node,
    inputs: glance(inputs),
    outputs: glance(outputs),
    grade: glance(grade),
    error: error === null ? null : clipped(onOneLine(error)),
  };
}

function glance(value: unknown): string | null {
  return value === null || value === undefined ? null : clipped(JSON.stringify(value));
}

function clipped(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  return `${beginningOf(text, MAX_TEXT)}… (${text.length} characters)`;
}
