import type { GatePolicy } from "./manifest/manifest.ts";
import type { Row } from "./pipeline.ts";
import type { RowTally } from "./steps.ts";

const MAX_ERROR = 1_000;

/** Names only: neither holds anything of the row. */
export interface LineFailure {
  readonly message: string;
  readonly node: string | null;
  /** Class of the exception. */
  readonly type: string | null;
}

/** What a run has to say of one line. */
export interface LineRecord {
  /** The dataset's line, from 0. */
  readonly index: number;
  readonly outputs: Readonly<Record<string, unknown>> | null;
  /** Null when the line completed. */
  readonly failure: LineFailure | null;
}

export interface LineParts {
  readonly line: number;
  readonly variant: string | null;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly base: LineRecord | undefined;
  readonly evaluation: LineRecord | undefined;
}

export interface JoinedRow {
  readonly row: Row;
  /** Whether the evaluation gave the output that decides. */
  readonly graded: boolean;
  readonly failure: LineFailure | null;
}

type CorrectRule = GatePolicy["correct"];

/** Everything known of one line of the dataset, and what it counts as. */
export function joinRow(parts: LineParts, correct: CorrectRule): JoinedRow {
  const { line, variant, inputs, base, evaluation } = parts;
  const graded = isGraded(evaluation, correct);
  const grade = graded ? evaluation?.outputs?.[correct.output] : null;
  const failure = base?.failure ?? evaluation?.failure ?? null;
  const row: Row = {
    line,
    ...(variant === null ? {} : { variant }),
    outcome: outcomeOf(parts, grade, correct),
    inputs,
    outputs: base?.outputs ?? null,
    grade,
    error: failure?.message.slice(0, MAX_ERROR) ?? null,
  };
  return { row, graded, failure };
}

function isGraded(evaluation: LineRecord | undefined, { output }: CorrectRule): boolean {
  if (!evaluation?.outputs || evaluation.failure) return false;
  return Object.hasOwn(evaluation.outputs, output);
}

/** A line that neither run answered for is as wrong as one that was answered wrongly, but told apart. */
function outcomeOf(
  { base, evaluation }: LineParts,
  grade: unknown,
  { equals }: CorrectRule,
): Row["outcome"] {
  if (base?.failure) return "runError";
  if (evaluation?.failure) return "evalError";
  if (!base || !evaluation?.outputs) return "missing";
  return grade === equals ? "correct" : "incorrect";
}

export function emptyTally(): RowTally {
  return {
    expected: 0,
    correct: 0,
    incorrect: 0,
    runError: 0,
    evalError: 0,
    missing: 0,
    graded: 0,
    firstError: null,
    troubles: [],
  };
}

/** Rows are counted in the order of their lines: every line of the dataset, whatever came back for it. */
export function countRow(tally: RowTally, { row, graded, failure }: JoinedRow): RowTally {
  const { line, outcome } = row;
  const first = failure && { line, node: failure.node, type: failure.type };
  return {
    ...tally,
    expected: tally.expected + 1,
    [outcome]: tally[outcome] + 1,
    graded: tally.graded + (graded ? 1 : 0),
    firstError: tally.firstError ?? first,
  };
}
