import type { ErrorCode } from "./errors.ts";
import {
  failedRows,
  loggedInstead,
  notLogged,
  type RuleOutcome,
  sentence,
  shown,
  tooFewRows,
  troubled,
} from "./gate-words.ts";
import { type Interval, wilson } from "./interval.ts";
import type { GatePolicy } from "./manifest/manifest.ts";
import type { RowCounts, Verdict } from "./pipeline.ts";
import type { LoggedMetrics, RowTally } from "./steps.ts";

type MetricRule = GatePolicy["metrics"][number];
type MetricVerdict = Verdict["metrics"][string];

/** What one evaluation run left behind. */
export interface Evidence {
  readonly tally: RowTally;
  readonly logged: LoggedMetrics;
}

/** A verdict, and the code of the pipeline's error when nothing could be measured. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly code: ErrorCode | null;
  /** The node in which the first of too many rows failed. */
  readonly node: string | null;
}

const INFORMATIVE_CONFIDENCE = 0.95;
/** Evaluation flows commonly round to two decimals. */
const ROUNDING = 0.005;
const OUR_METRIC = "accuracy";

/**
 * The gate: passed only if every rule holds on figures that are there, finite, and about every row
 * of the dataset. What cannot be measured is `error`, never a pass.
 */
export function judge(policy: GatePolicy, { tally, logged }: Evidence): Judgement {
  const rows = countRows(tally);
  const judged = policy.metrics.map((rule) => judgeMetric(rule, policy, tally, logged));
  const metrics = mergeByName(policy.metrics, judged);
  const broken = judged.flatMap(({ missing }) => missing);
  const tooMany = tooManyFailed(policy, tally);
  const notes = [...judged.flatMap(({ notes: found }) => found), ...tally.troubles.map(troubled)];

  if (broken.length > 0 || tooMany !== undefined) {
    const reasons = [
      ...(tooMany === undefined ? [] : [tooMany]),
      ...broken,
      ...otherNames(policy, logged),
      ...notes,
    ];
    return {
      verdict: { outcome: "error", reasons, metrics, rows },
      code: tooMany === undefined ? "METRIC_INVALID" : "ROWS_FAILED",
      node: tooMany === undefined ? null : (tally.firstError?.node ?? null),
    };
  }
  const tooFew = tally.expected < policy.minRows;
  const reasons = [
    ...(tooFew ? [tooFewRows(tally.expected, policy.minRows)] : []),
    ...judged.flatMap(({ reason }) => reason),
    ...notes,
  ];
  const verdict = { outcome: decide(judged, tooFew), reasons, metrics, rows };
  return { verdict, code: null, node: null };
}

/** Whoever named a metric otherwise than the evaluation flow does sees what it is called there. */
function otherNames({ metrics }: GatePolicy, { finite, malformed }: LoggedMetrics): string[] {
  const wanted = metrics.map(({ name }) => name);
  const absent = wanted.some((name) => !(name in finite) && !(name in malformed));
  const others = Object.keys(finite).filter((name) => !wanted.includes(name));
  return absent && others.length > 0 ? [loggedInstead(others)] : [];
}

/** A pipeline that could not get as far as figures. Metrics of the gate that are missing are named beside it. */
export function couldNotMeasure(policy: GatePolicy, reason: string): Verdict {
  const required = policy.metrics.filter(({ reportOnly }) => !reportOnly);
  const names = [...new Set(required.map(({ name }) => name))];
  return {
    outcome: "error",
    reasons: [reason, ...names.map(notLogged)],
    metrics: {},
    rows: null,
  };
}

interface JudgedMetric {
  readonly outcome: RuleOutcome;
  readonly metric: MetricVerdict;
  /** The sentence about this rule. */
  readonly reason: readonly string[];
  /** Why there is no figure. */
  readonly missing: readonly string[];
  /** What should be said besides. */
  readonly notes: readonly string[];
}

function judgeMetric(
  rule: MetricRule,
  policy: GatePolicy,
  tally: RowTally,
  logged: LoggedMetrics,
): JudgedMetric {
  const reported = logged.finite[rule.name];
  const problem = problemOf(rule, reported, tally, logged);
  const isOurs = rule.name === OUR_METRIC;
  const value = isOurs ? shareOf(tally) : reported;
  if (problem !== undefined || value === undefined || reported === undefined) {
    return withoutFigure(rule, problem ?? notLogged(rule.name), reported ?? null);
  }

  const interval = intervalOf(rule, tally, policy.confidence || INFORMATIVE_CONFIDENCE);
  const outcome = rule.reportOnly ? "unjudged" : compare(rule, value, policy.confidence, interval);
  const metric: MetricVerdict = {
    value,
    reported,
    ...(interval === undefined ? {} : interval),
    ...boundsOf(rule),
    ok: outcome === "holds" || outcome === "unjudged",
  };
  return {
    outcome,
    metric,
    reason: [
      sentence({
        name: rule.name,
        min: rule.min,
        max: rule.max,
        value,
        outcome,
        interval,
        tally: isOurs ? tally : undefined,
      }),
    ],
    missing: [],
    notes: differs(rule, value, reported, tally),
  };
}

function problemOf(
  { name }: MetricRule,
  reported: number | undefined,
  tally: RowTally,
  logged: LoggedMetrics,
): string | undefined {
  const malformed = logged.malformed[name];
  if (malformed !== undefined)
    return `${name} was logged as ${malformed}, which is no finite number`;
  if (reported === undefined || !Number.isFinite(reported)) return notLogged(name);
  const graded = tally.correct + tally.incorrect;
  if (name === OUR_METRIC && graded > 0 && tally.graded === 0) {
    return `${name} cannot be counted: no row of the evaluation run has the output that gate.correct names`;
  }
  return undefined;
}

function withoutFigure(rule: MetricRule, problem: string, reported: number | null): JudgedMetric {
  return {
    outcome: "unjudged",
    metric: { value: null, reported, ...boundsOf(rule), ok: rule.reportOnly },
    reason: [],
    missing: rule.reportOnly ? [] : [problem],
    notes: rule.reportOnly ? [`${problem} (only reported, so nothing depends on it)`] : [],
  };
}

function shareOf(tally: RowTally): number {
  return tally.expected === 0 ? Number.NaN : tally.correct / tally.expected;
}

function intervalOf(rule: MetricRule, tally: RowTally, confidence: number): Interval | undefined {
  return rule.name === OUR_METRIC && tally.expected > 0
    ? wilson(tally.correct, tally.expected, confidence)
    : undefined;
}

/** With a confidence the whole interval must lie on one side of a bound; a figure without one stays open. */
function compare(
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: MetricRule,
  value: number,
  confidence: number,
  interval: Interval | undefined,
): RuleOutcome {
  if (!Number.isFinite(value)) return "fails";
  if (confidence === 0) return value >= min && value <= max ? "holds" : "fails";
  if (interval === undefined) return value >= min && value <= max ? "open" : "fails";
  if (interval.low >= min && interval.high <= max) return "holds";
  return interval.high < min || interval.low > max ? "fails" : "open";
}

function decide(judged: readonly JudgedMetric[], tooFew: boolean): Verdict["outcome"] {
  if (judged.some(({ outcome }) => outcome === "fails")) return tooFew ? "inconclusive" : "failed";
  const open = judged.some(({ outcome }) => outcome === "open");
  return open || tooFew ? "inconclusive" : "passed";
}

function tooManyFailed({ maxErrorRate }: GatePolicy, tally: RowTally): string | undefined {
  const failed = tally.runError + tally.evalError + tally.missing;
  if (failed <= maxErrorRate * tally.expected) return undefined;
  return failedRows(failed, maxErrorRate, tally);
}

function countRows(tally: RowTally): RowCounts {
  const { expected, correct, incorrect, runError, evalError, missing } = tally;
  return { expected, correct, incorrect, failed: runError + evalError, missing };
}

function boundsOf({ min, max, reportOnly }: MetricRule) {
  return {
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(reportOnly ? { reportOnly } : {}),
  };
}

function differs(
  { name }: MetricRule,
  value: number,
  reported: number,
  tally: RowTally,
): readonly string[] {
  if (name !== OUR_METRIC || Math.abs(value - reported) <= ROUNDING + 1e-9) return [];
  const survivors = tally.expected - tally.runError - tally.evalError - tally.missing;
  const logged = `warning: the evaluation run logged ${name} ${shown(reported)}`;
  if (survivors === tally.expected) {
    return [`${logged} over the same rows; gate.correct may not name what it calls right`];
  }
  return [
    `${logged} over the ${survivors} rows that reached it; the gate counts all ${tally.expected}`,
  ];
}

/** Entries of one name share a line of the verdict: all their bounds, and right only if all hold. */
function mergeByName(
  rules: readonly MetricRule[],
  judged: readonly JudgedMetric[],
): Record<string, MetricVerdict> {
  const merged: Record<string, MetricVerdict> = {};
  for (const [index, { metric }] of judged.entries()) {
    const name = rules[index]?.name ?? "";
    const before = merged[name];
    merged[name] = before ? { ...before, ...metric, ok: before.ok && metric.ok } : metric;
  }
  return merged;
}
