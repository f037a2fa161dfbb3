import type { MetricVerdict } from "#domain/pipeline.ts";
import { type Bounds, compareInterval, compareValue, doubtOf } from "./bounds.ts";
import type { Comparison, Evidence } from "./evidence.ts";
import { compareMean, rowsForMean } from "./mean.ts";
import { ACCURACY, type GatePolicy, type MetricRule } from "./policy.ts";
import { isRounded, withoutNoise } from "./rounding.ts";
import { rowsNeeded } from "./rows-needed.ts";
import { type RuleOutcome, type Ruling, SILENT } from "./ruling.ts";
import {
  bringBack,
  brokenRows,
  dropSentence,
  noBaseline,
  notInBaseline,
  notLookedUp,
} from "./sentences/baseline.ts";
import type { Interval } from "./statistics/interval.ts";
import { dropInterval, dropOf, mcnemar, type Pairs } from "./statistics/paired.ts";
import type { Spread } from "./statistics/spread.ts";
import { meanInterval } from "./statistics/student-t.ts";

/** A rule's `maxDrop`, judged; `metric` is what it adds to the metric's line in the verdict. */
export interface DropRuling extends Ruling {
  readonly metric: Pick<MetricVerdict, "drop" | "ok">;
}

type DropRule = MetricRule & { readonly maxDrop: number };

interface Drop {
  readonly value: number;
  readonly interval: Interval | undefined;
  /** Of a logged metric's rows: by how much each dropped. */
  readonly spread: Spread | undefined;
  /** How far one of them may drop that was not seen: from the mean before to 0. */
  readonly reach?: number;
}

/** No baseline is said, and not held against the candidate. `value` is the metric's own, null where there is none. */
export function judgeDrop(
  rule: DropRule,
  value: number | null,
  policy: GatePolicy,
  { baseline }: Evidence,
): DropRuling {
  const nothing = { ...SILENT, metric: { ok: true } };
  if (value === null) return nothing;
  if (baseline === null) return { ...nothing, notes: [notLookedUp(rule.name)] };
  if ("none" in baseline) return { ...nothing, notes: [noBaseline(rule.name, baseline.none)] };
  const drop = dropFrom(rule, value, policy.confidence, baseline);
  if (drop === undefined) {
    return { ...nothing, notes: [notInBaseline(rule.name, baseline.deployment)] };
  }
  return judgeKnown(rule, drop, policy, baseline);
}

function judgeKnown(
  rule: DropRule,
  drop: Drop,
  policy: GatePolicy,
  baseline: Comparison,
): DropRuling {
  const { name, maxDrop, reportOnly } = rule;
  const { value: dropped, interval, spread } = drop;
  const { deployment, rows } = baseline;
  const outcome = reportOnly ? "unjudged" : compare(rule, drop, policy, baseline);
  const otherwise = spread === undefined ? "chance" : "rareRows";
  const doubt = doubtOf(outcome, interval, { max: maxDrop }, otherwise);
  const figure = { name, drop: dropped, maxDrop, outcome, interval, doubt, rows, deployment };
  return {
    outcome,
    metric: { drop: dropped, ok: outcome === "holds" || outcome === "unjudged" },
    reasons: [
      dropSentence(figure),
      ...(name === ACCURACY && outcome !== "holds" ? brokenRows(baseline) : []),
    ],
    missing: [],
    notes: [],
    next: outcome === "fails" ? [bringBack(name, maxDrop, deployment)] : [],
    rowsNeeded: outcome === "open" ? needed(rule, drop, policy, baseline) : null,
  };
}

function dropFrom(
  { name }: MetricRule,
  value: number,
  confidence: number,
  baseline: Comparison,
): Drop | undefined {
  if (name === ACCURACY) {
    const interval = dropInterval(baseline, confidence);
    return { value: dropOf(baseline), interval, spread: undefined };
  }
  const before = Object.hasOwn(baseline.logged, name) ? baseline.logged[name] : undefined;
  if (before === undefined) return undefined;
  const dropped = withoutNoise(before - value);
  const spread = spreadOf(name, dropped, baseline);
  const interval = spread && meanInterval(spread, confidence);
  return { value: dropped, interval, spread, reach: before };
}

/**
 * What is known of the rows' drops, if there are two and the logged figures dropped by their mean; both may be rounded. Drops of 0 and
 * 1 are no share: others may be larger, or rise.
 */
function spreadOf(name: string, drop: number, { differences }: Comparison): Spread | undefined {
  const spread = Object.hasOwn(differences, name) ? differences[name] : undefined;
  const isKnown = spread !== undefined && spread.count > 1;
  return isKnown && isRounded(drop, spread.mean, 2) ? { ...spread, isShare: false } : undefined;
}

function compare(
  { maxDrop }: DropRule,
  { value, interval, spread, reach }: Drop,
  { confidence }: GatePolicy,
  baseline: Comparison,
): RuleOutcome {
  const bounds = { max: maxDrop };
  const byValue = compareValue(value, bounds);
  if (confidence === 0) return byValue;
  if (spread !== undefined) return compareMean(spread, bounds, confidence, reach);
  if (interval === undefined) return byValue === "fails" ? "fails" : "open";
  return comparePairs(baseline, interval, bounds, confidence);
}

/** An interval is an approximation; what is held against a candidate is also unlikely by the exact test. */
function comparePairs(
  pairs: Pairs,
  interval: Interval,
  bounds: Bounds,
  confidence: number,
): RuleOutcome {
  const outcome = compareInterval(interval, bounds);
  return outcome === "fails" && mcnemar(pairs) > 1 - confidence ? "open" : outcome;
}

/** If more rows agreed and disagreed as these do. */
function needed(
  { name, maxDrop }: DropRule,
  { spread, reach }: Drop,
  { confidence }: GatePolicy,
  baseline: Comparison,
): number | null {
  if (spread !== undefined) return rowsForMean(spread, { max: maxDrop }, confidence, reach);
  const { rows, broken, fixed } = baseline;
  if (name !== ACCURACY) return null;
  return rowsNeeded(rows, (more) => {
    const scale = more / rows;
    const interval = dropInterval(
      { rows: more, broken: broken * scale, fixed: fixed * scale },
      confidence,
    );
    const [fell, rose] = [Math.round(broken * scale), Math.round(fixed * scale)];
    const pairs = { rows: more, broken: fell, fixed: rose };
    return comparePairs(pairs, interval, { max: maxDrop }, confidence) !== "open";
  });
}
