import type { Evidence } from "./evidence.ts";
import { ACCURACY } from "./policy.ts";
import {
  leaveOut,
  logIt,
  malformedMetric,
  nameOutput,
  notCounted,
  notLogged,
  notReported,
} from "./sentences.ts";
import { isUsageMetric } from "./usage.ts";

/** The figure of a metric, or why there is none; `reported` is what was logged, or the figure itself of usage. */
export type Figure =
  | { readonly value: number; readonly reported: number }
  | { readonly value: null; readonly reported: number | null; readonly problem: Problem };

interface Problem {
  readonly said: string;
  readonly next: string;
}

/** Accuracy is counted, and only where the evaluation run logged it too; the rest is as it was logged or used. */
export function figureOf(name: string, { tally, logged, usage }: Evidence): Figure {
  if (isUsageMetric(name)) {
    const value = usage[name];
    return value === undefined
      ? none(null, notReported(name), leaveOut(name))
      : { value, reported: value };
  }
  const finite = Object.hasOwn(logged.finite, name) ? logged.finite[name] : undefined;
  const reported = finite !== undefined && Number.isFinite(finite) ? finite : null;
  const malformed = Object.hasOwn(logged.malformed, name) ? logged.malformed[name] : undefined;
  if (malformed !== undefined) return none(reported, malformedMetric(name, malformed), logIt(name));
  if (reported === null) return none(null, notLogged(name), logIt(name));
  if (name !== ACCURACY) return { value: reported, reported };
  const answered = tally.correct + tally.incorrect;
  return tally.expected === 0 || (answered > 0 && tally.graded === 0)
    ? none(reported, notCounted(name), nameOutput())
    : { value: tally.correct / tally.expected, reported };
}

function none(reported: number | null, said: string, next: string): Figure {
  return { value: null, reported, problem: { said, next } };
}
