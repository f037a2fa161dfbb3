import type { Evidence, RowTally } from "./evidence.ts";
import { ACCURACY } from "./policy.ts";
import {
  leaveOut,
  logIt,
  malformedMetric,
  nameOutput,
  notCounted,
  notLogged,
  notReported,
} from "./sentences/metrics.ts";
import { isUsageMetric } from "./usage.ts";

/** The figure of a metric, or why there is none; `reported` is what was logged, or the figure itself of usage. */
export type Figure =
  | KnownFigure
  | { readonly value: null; readonly reported: number | null; readonly problem: Problem };

export interface KnownFigure {
  readonly value: number;
  readonly reported: number;
}

export interface Problem {
  readonly said: string;
  /** What to do about it. */
  readonly next: string;
}

/** Accuracy is counted, and only where the evaluation run logged it too; the rest is as it was logged or used. */
export function figureOf(name: string, { tally, logged, usage }: Evidence): Figure {
  if (isUsageMetric(name)) return usedFigure(name, usage[name]);
  const finite = Object.hasOwn(logged.finite, name) ? logged.finite[name] : undefined;
  const reported = finite !== undefined && Number.isFinite(finite) ? finite : null;
  const malformed = Object.hasOwn(logged.malformed, name) ? logged.malformed[name] : undefined;
  if (malformed !== undefined) return none(reported, malformedMetric(name, malformed), logIt(name));
  if (reported === null) return none(null, notLogged(name), logIt(name));
  return name === ACCURACY ? countedFigure(tally, reported) : { value: reported, reported };
}

function usedFigure(name: string, value: number | undefined): Figure {
  return value === undefined
    ? none(null, notReported(name), leaveOut(name))
    : { value, reported: value };
}

function countedFigure(
  { expected, correct, incorrect, graded }: RowTally,
  reported: number,
): Figure {
  const isGraded = graded > 0 || correct + incorrect === 0;
  return expected > 0 && isGraded
    ? { value: correct / expected, reported }
    : none(reported, notCounted(ACCURACY), nameOutput());
}

function none(reported: number | null, said: string, next: string): Figure {
  return { value: null, reported, problem: { said, next } };
}
