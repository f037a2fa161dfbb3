import type { Attempt, Row, RowOutcome } from "#domain/pipeline.ts";
import { type GatePolicy, minPassOf } from "./policy.ts";

type CorrectRule = GatePolicy["correct"];

/** Whether the evaluation gave the output that decides. */
export function isGraded(attempt: Attempt, { output }: CorrectRule): boolean {
  const { evaluation } = attempt;
  return evaluation !== null && evaluation !== undefined && Object.hasOwn(evaluation, output);
}

/** Right or wrong by this rule, where the line came through both runs; a failure stays what it is. */
export function gradedOutcome(attempt: Attempt, { output, equals }: CorrectRule): RowOutcome {
  const { outcome, evaluation } = attempt;
  if (outcome !== "correct" && outcome !== "incorrect") return outcome;
  return evaluation?.[output] === equals ? "correct" : "incorrect";
}

/**
 * What a row counts as whose repeats came out so: right in enough of them, else wrong if it was ever wrong, else as it first
 * failed. After fewer repeats than the gate asks for, no more can be right than were made.
 */
export function outcomeAfter(
  repeats: readonly { readonly outcome: RowOutcome }[],
  policy: GatePolicy,
): RowOutcome {
  const others = repeats.map(({ outcome }) => outcome).filter((outcome) => outcome !== "correct");
  const right = repeats.length - others.length;
  if (right >= Math.min(minPassOf(policy), repeats.length)) return "correct";
  return others.includes("incorrect") ? "incorrect" : (others[0] ?? "correct");
}

/** Every run of a row; the row itself where it was run once. */
export function attemptsOf(row: Row): readonly Attempt[] {
  return row.repeats ?? [row];
}

/** A stored row as this policy sees it: of more repeats than it asks for, it sees the first. */
export function regrade(row: Row, policy: GatePolicy): Row {
  const { correct } = policy;
  const grade = gradeOf(row, correct);
  if (row.repeats === undefined) return { ...row, outcome: gradedOutcome(row, correct), grade };
  const repeats = row.repeats
    .slice(0, policy.repeats)
    .map((one) => ({ ...one, outcome: gradedOutcome(one, correct) }));
  return { ...row, repeats, outcome: outcomeAfter(repeats, policy), grade };
}

function gradeOf(row: Row, correct: CorrectRule): unknown {
  return isGraded(row, correct) ? row.evaluation?.[correct.output] : null;
}

/**
 * A row after one more repeat. What it shows is of the first repeat that came out as the row does.
 * `before` is undefined for the first one.
 */
export function withRepeat(before: Row | undefined, now: Row, policy: GatePolicy): Row {
  const repeats = [...(before?.repeats ?? []), attemptOf(now)];
  const outcome = outcomeAfter(repeats, policy);
  const shown = before !== undefined && before.outcome === outcome ? before : now;
  return { ...shown, outcome, repeats };
}

function attemptOf({ outcome, evaluation = null, latencyMs = null, tokens = null }: Row): Attempt {
  return { outcome, evaluation, latencyMs, tokens };
}

/** The row's own value of a metric: the mean of its repeats, if all have one. */
export function metricOf(row: Row, name: string): number | undefined {
  let sum = 0;
  const attempts = attemptsOf(row);
  for (const { evaluation } of attempts) {
    const value = evaluation && Object.hasOwn(evaluation, name) ? evaluation[name] : undefined;
    if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
    sum += value;
  }
  return sum / attempts.length;
}
