import type { Row, RowOutcome } from "#domain/pipeline.ts";
import type { GatePolicy } from "./policy.ts";
import { gradedOutcome, isGraded } from "./row-outcome.ts";
import { type LineUsage, mostOf } from "./usage.ts";

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
  /** Left out where the run does not say. */
  readonly usage?: LineUsage;
}

export interface LineParts {
  readonly line: number;
  /** Null where the pipeline has only one. */
  readonly variant: string | null;
  readonly dataset: string | null;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** All records of this line, as they came. */
  readonly base: readonly LineRecord[];
  readonly evaluation: readonly LineRecord[];
}

/** Everything known of one line of the dataset, and what it counts as. */
export function joinRow(parts: LineParts, correct: GatePolicy["correct"]): Row {
  const { line, variant, dataset, inputs } = parts;
  const [base, evaluation] = [onlyRecord(parts.base), onlyRecord(parts.evaluation)];
  const failure = base?.failure ?? evaluation?.failure ?? null;
  const answered = {
    outcome: outcomeOf(base, evaluation),
    evaluation: (evaluation?.failure ? null : evaluation?.outputs) ?? null,
  };
  return {
    line,
    ...(variant === null ? {} : { variant }),
    ...(dataset === null ? {} : { dataset }),
    outcome: gradedOutcome(answered, correct),
    inputs,
    outputs: base?.outputs ?? null,
    grade: isGraded(answered, correct) ? answered.evaluation?.[correct.output] : null,
    error: failure?.message.slice(0, MAX_ERROR) ?? null,
    ...(failure === null ? {} : { node: failure.node, errorType: failure.type }),
    evaluation: answered.evaluation,
    latencyMs: base?.usage?.latencyMs ?? null,
    tokens: base?.usage?.tokens ?? null,
  };
}

/**
 * The one record of a line. Several that say the same count once, with the most time and tokens that any tells; several that do not agree are a failure, whichever came
 * first: nobody knows which of them happened.
 */
export function onlyRecord(records: readonly LineRecord[]): LineRecord | undefined {
  const [first, ...others] = records;
  if (first === undefined || others.length === 0) return first;
  const texts = records.map(({ outputs, failure }) => JSON.stringify([outputs, failure]));
  if (texts.every((text) => text === texts[0])) {
    return { ...first, usage: mostOf(records.flatMap(({ usage }) => usage ?? [])) };
  }
  const message = `The run has ${records.length} records of this line, which differ.`;
  return { index: first.index, outputs: null, failure: { message, node: null, type: null } };
}

/** A line that neither run answered for is as wrong as one that was answered wrongly, but told apart. */
function outcomeOf(base: LineRecord | undefined, evaluation: LineRecord | undefined): RowOutcome {
  if (base?.failure) return "runError";
  if (evaluation?.failure) return "evalError";
  return base && evaluation?.outputs ? "incorrect" : "missing";
}
