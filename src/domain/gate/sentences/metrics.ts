import type { RowTally } from "#domain/gate/evidence.ts";
import type { MetricRule } from "#domain/gate/policy.ts";
import type { RuleOutcome } from "#domain/gate/ruling.ts";
import { count, type Open, openReason, shown } from "./words.ts";

// Sentences about a metric: its figure, what was logged of it, and what to do about it.

interface Bounded extends Open {
  readonly name: string;
  readonly value: number;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly outcome: RuleOutcome;
  /** Given where the figure is a share of the rows. */
  readonly tally: RowTally | undefined;
}

/** The sentence about a metric and its bounds. */
export function boundedSentence(figure: Bounded): string {
  const { name, value, min, max, outcome, tally } = figure;
  const over = tally === undefined ? "" : ` over ${overRows(tally)}`;
  const what = `${name} is ${shown(value, [min, max])}${over}`;
  switch (outcome) {
    case "unjudged":
      return `${what}, only reported`;
    case "open":
      return `${what}, not decided: ${openReason(figure)}`;
    case "holds":
      return `${what}, ${held(min, max)}`;
    case "fails":
      return value > (max ?? value) ? `${what}, above ${max}` : `${what}, below ${min}`;
  }
}

function held(min: number | undefined, max: number | undefined): string {
  return [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
  ].join(" and ");
}

function overRows({
  expected,
  correct,
  incorrect,
  runError,
  evalError,
  missing,
}: RowTally): string {
  const failed = runError + evalError;
  const parts = [
    `${correct} right`,
    `${incorrect} wrong`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(missing > 0 ? [`${missing} missing`] : []),
  ];
  return `${count(expected, "row")} (${parts.join(", ")})`;
}

export function notLogged(name: string): string {
  return `${name} was not logged by the evaluation run`;
}

/** Metric names that fit in a sentence. */
const MAX_NAMES = 10;

export function loggedInstead(names: readonly string[]): string {
  const some = names.slice(0, MAX_NAMES).join(", ");
  return `the evaluation run logged ${some}; name that in gate.metrics, or log what stands there in an aggregation node (log_metric)`;
}

export function malformedMetric(name: string, text: string): string {
  return `${name} was logged as ${text}, which is no finite number`;
}

export function notCounted(name: string): string {
  return `${name} cannot be counted: no row of the evaluation run has the output that gate.correct names`;
}

export function notReported(name: string): string {
  return `${name} is not known: the base run did not report it for every row that it answered`;
}

export function onlyReported(problem: string): string {
  return `${problem} (only reported, so nothing depends on it)`;
}

export function loggedOverSame(name: string, reported: number): string {
  return `warning: the evaluation run logged ${name} ${shown(reported)} over the same rows; gate.correct may not name what it calls right`;
}

export function loggedOverOthers(
  name: string,
  reported: number,
  survivors: number,
  expected: number,
): string {
  return `warning: the evaluation run logged ${name} ${shown(reported)} over the ${survivors} rows that reached it; the gate counts all ${expected}`;
}

export function rowsDiffer(name: string, logged: number, mean: number): string {
  return `warning: the evaluation run logged ${name} ${shown(logged)}, the mean of its rows' ${name} is ${shown(mean)}: no interval is known for it`;
}

export function bringWithin({ name, min, max }: MetricRule): string {
  return `what next: bring ${name} to ${held(min, max)}`;
}

export function logIt(name: string): string {
  return `what next: let the evaluation flow log a finite number as ${name}, with log_metric`;
}

export function nameOutput(): string {
  return "what next: let gate.correct name an output of the evaluation flow";
}

export function leaveOut(name: string): string {
  return `what next: take ${name} out of gate.metrics, or run where it is reported`;
}
