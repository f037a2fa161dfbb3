import type { MetricVerdict } from "#domain/pipeline.ts";
import { compareShare, compareValue, doubtOf, SHOWN_CONFIDENCE } from "./bounds.ts";
import type { Evidence } from "./evidence.ts";
import { figureOf, type KnownFigure, type Problem } from "./figure.ts";
import { compareMean, intervalOfMean, isShareFor, rowsForMean } from "./mean.ts";
import { ACCURACY, type GatePolicy, type MetricRule } from "./policy.ts";
import { isRounded } from "./rounding.ts";
import { rowsNeeded } from "./rows-needed.ts";
import { type RuleOutcome, type Ruling, SILENT } from "./ruling.ts";
import {
  boundedSentence,
  bringWithin,
  loggedOverOthers,
  loggedOverSame,
  onlyReported,
  rowsDiffer,
} from "./sentences/metrics.ts";
import type { Interval } from "./statistics/interval.ts";
import type { Spread } from "./statistics/spread.ts";
import { wilson } from "./statistics/wilson.ts";
import { isUsageMetric } from "./usage.ts";

/** A rule about a metric, judged; `metric` is its line in the verdict. */
export interface MetricRuling extends Ruling {
  readonly metric: MetricVerdict;
}

/** `min` and `max` of a metric; `maxDrop` is judged apart from them. */
export function judgeMetric(
  rule: MetricRule,
  policy: GatePolicy,
  evidence: Evidence,
): MetricRuling {
  const figure = figureOf(rule.name, evidence);
  const reported = isUsageMetric(rule.name) ? {} : { reported: figure.reported };
  const shown = { ...reported, ...boundsOf(rule) };
  const ruling =
    figure.value === null
      ? judgeNothing(rule, figure.problem)
      : judgeFigure(rule, figure, policy, evidence);
  return { ...ruling, metric: { ...shown, ...ruling.metric } };
}

function judgeNothing({ reportOnly }: MetricRule, { said, next }: Problem): MetricRuling {
  const metric = { value: null, ok: reportOnly };
  return reportOnly
    ? { ...SILENT, outcome: "unjudged", metric, notes: [onlyReported(said)] }
    : { ...SILENT, outcome: "unjudged", metric, missing: [said], next: [next] };
}

function judgeFigure(
  rule: MetricRule,
  { value, reported }: KnownFigure,
  policy: GatePolicy,
  evidence: Evidence,
): MetricRuling {
  const { name, min, max, reportOnly } = rule;
  const interval = intervalOf(rule, value, policy.confidence || SHOWN_CONFIDENCE, evidence);
  const outcome = reportOnly ? "unjudged" : compare(rule, value, policy, evidence);
  const isOurs = name === ACCURACY;
  const reason = boundedSentence({
    name,
    value,
    min,
    max,
    outcome,
    interval,
    ...doubtIn(rule, value, outcome, interval, evidence),
    tally: isOurs ? evidence.tally : undefined,
  });
  return {
    outcome,
    metric: { value, ...interval, ok: outcome === "holds" || outcome === "unjudged" },
    reasons: isAboutABound(rule) || reportOnly ? [reason] : [],
    missing: [],
    notes: isOurs ? differs(value, reported, evidence) : spreadDiffers(name, value, evidence),
    next: outcome === "fails" && !isOurs ? [bringWithin(rule)] : [],
    rowsNeeded: outcome === "open" ? needed(rule, value, policy, evidence) : null,
  };
}

function isAboutABound({ min, max }: MetricRule): boolean {
  return min !== undefined || max !== undefined;
}

function intervalOf(
  { name }: MetricRule,
  value: number,
  confidence: number,
  { tally, spreads }: Evidence,
): Interval | undefined {
  if (name === ACCURACY) return wilson(tally.correct, tally.expected, confidence);
  const spread = spreadOf(name, value, spreads);
  return spread && intervalOfMean(spread, confidence);
}

function compare(
  rule: MetricRule,
  value: number,
  { confidence }: GatePolicy,
  { tally, spreads }: Evidence,
): RuleOutcome {
  if (rule.name === ACCURACY) {
    return compareShare({ right: tally.correct, rows: tally.expected }, rule, confidence);
  }
  const byValue = compareValue(value, rule);
  // Time and tokens are what was measured, no sample of something else.
  if (confidence === 0 || !isAboutABound(rule) || isUsageMetric(rule.name)) return byValue;
  const spread = spreadOf(rule.name, value, spreads);
  if (spread !== undefined) return compareMean(spread, rule, confidence);
  return byValue === "fails" ? "fails" : "open";
}

/** Why it is open all the same, where the interval clears the bounds, and over how many rows. */
function doubtIn(
  rule: MetricRule,
  value: number,
  outcome: RuleOutcome,
  interval: Interval | undefined,
  { tally, spreads }: Evidence,
) {
  const spread = spreadOf(rule.name, value, spreads);
  const isRare = spread !== undefined && !isShareFor(spread, rule);
  return {
    doubt: doubtOf(outcome, interval, rule, isRare ? "rareRows" : "chance"),
    rows: spread?.count ?? tally.expected,
  };
}

/** If more rows were like these. */
function needed(
  rule: MetricRule,
  value: number,
  { confidence }: GatePolicy,
  { tally, spreads }: Evidence,
): number | null {
  if (rule.name === ACCURACY) {
    return rowsNeeded(tally.expected, (rows) => {
      const right = Math.round(value * rows);
      return compareShare({ right, rows }, rule, confidence) !== "open";
    });
  }
  const spread = spreadOf(rule.name, value, spreads);
  const more = spread && rowsForMean(spread, rule, confidence);
  // Rows without a value keep their part of the dataset.
  return more ? Math.ceil((more / spread.count) * tally.expected) : null;
}

/** What is known of the rows' values, if there are two and what was logged is their mean. */
function spreadOf(name: string, value: number, spreads: Evidence["spreads"]): Spread | undefined {
  const spread = Object.hasOwn(spreads, name) ? spreads[name] : undefined;
  return spread && spread.count > 1 && isRounded(value, spread.mean) ? spread : undefined;
}

function boundsOf({ min, max, maxDrop, reportOnly }: MetricRule) {
  return {
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(maxDrop === undefined ? {} : { maxDrop }),
    ...(reportOnly ? { reportOnly } : {}),
  };
}

/** The mean over repeats is another figure than the share of rows that are right in enough of them. */
function differs(value: number, reported: number, { tally, repeats }: Evidence): readonly string[] {
  if (repeats > 1 || isRounded(value, reported)) return [];
  const survivors = tally.correct + tally.incorrect;
  return survivors === tally.expected
    ? [loggedOverSame(ACCURACY, reported)]
    : [loggedOverOthers(ACCURACY, reported, survivors, tally.expected)];
}

function spreadDiffers(name: string, value: number, { spreads }: Evidence): readonly string[] {
  const spread = Object.hasOwn(spreads, name) ? spreads[name] : undefined;
  return spread === undefined || isRounded(value, spread.mean)
    ? []
    : [rowsDiffer(name, value, spread.mean)];
}
