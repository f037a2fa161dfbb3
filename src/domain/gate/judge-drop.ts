import type { MetricVerdict } from "#domain/pipeline.ts";
import { compareInterval, compareValue, SHOWN_CONFIDENCE } from "./bounds.ts";
import type { Comparison, Evidence } from "./evidence.ts";
import { intervalOfMean } from "./mean.ts";
import { ACCURACY, type GatePolicy, type MetricRule } from "./policy.ts";
import { rowsNeeded } from "./rows-needed.ts";
import { type RuleOutcome, type Ruling, SILENT } from "./ruling.ts";
import { bringBack, brokenRows, dropSentence, noBaseline, notInBaseline } from "./sentences.ts";
import type { Interval } from "./statistics/interval.ts";
import { dropInterval, dropOf, mcnemar } from "./statistics/paired.ts";

/** A rule's `maxDrop`, judged; `metric` is what it adds to the metric's line in the verdict. */
export interface DropRuling extends Ruling {
  readonly metric: Pick<MetricVerdict, "drop" | "ok">;
}

interface Drop {
  readonly value: number;
  readonly interval: Interval | undefined;
}

/** No baseline is said, and not held against the candidate. `value` is the metric's own, null where there is none. */
export function judgeDrop(
  rule: MetricRule & { readonly maxDrop: number },
  value: number | null,
  policy: GatePolicy,
  { baseline }: Evidence,
): DropRuling {
  const nothing = { ...SILENT, metric: { ok: true } };
  if (value === null) return nothing;
  if (baseline === null || "none" in baseline) {
    const why = baseline === null ? "no stored rows were looked up" : baseline.none;
    return { ...nothing, notes: [noBaseline(rule.name, why)] };
  }
  const drop = dropFrom(rule, value, policy.confidence || SHOWN_CONFIDENCE, baseline);
  if (drop === undefined) {
    return { ...nothing, notes: [notInBaseline(rule.name, baseline.deployment)] };
  }
  const outcome = rule.reportOnly ? "unjudged" : compare(rule, drop, policy, baseline);
  const { deployment } = baseline;
  const sentence = dropSentence({
    ...rule,
    drop: drop.value,
    interval: drop.interval,
    outcome,
    deployment,
  });
  return {
    outcome,
    metric: { drop: drop.value, ok: outcome === "holds" || outcome === "unjudged" },
    reasons: [
      sentence,
      ...(rule.name === ACCURACY && outcome !== "holds" ? brokenRows(baseline) : []),
    ],
    missing: [],
    notes: [],
    next: outcome === "fails" ? [bringBack(rule.name, rule.maxDrop, deployment)] : [],
    rowsNeeded: outcome === "open" ? needed(rule, policy, baseline) : null,
  };
}

function dropFrom(
  { name }: MetricRule,
  value: number,
  confidence: number,
  baseline: Comparison,
): Drop | undefined {
  if (name === ACCURACY) {
    return { value: dropOf(baseline), interval: dropInterval(baseline, confidence) };
  }
  const before = Object.hasOwn(baseline.logged, name) ? baseline.logged[name] : undefined;
  if (before === undefined) return undefined;
  const spread = baseline.differences[name];
  return {
    value: withoutNoise(before - value),
    interval: spread === undefined ? undefined : intervalOfMean(spread, confidence),
  };
}

/** 0.9 less 0.88 is 0.02, not a hair more. */
function withoutNoise(difference: number): number {
  return Number(difference.toFixed(12));
}

function compare(
  { name, maxDrop }: MetricRule,
  { value, interval }: Drop,
  { confidence }: GatePolicy,
  baseline: Comparison,
): RuleOutcome {
  const bounds = { max: maxDrop };
  const byValue = compareValue(value, bounds);
  if (confidence === 0) return byValue;
  if (interval === undefined) return byValue === "fails" ? "fails" : "open";
  const outcome = compareInterval(interval, bounds);
  // An interval is an approximation; what is held against a candidate is also unlikely by the exact test.
  const isChance = name === ACCURACY && mcnemar(baseline) > 1 - confidence;
  return outcome === "fails" && isChance ? "open" : outcome;
}

/** If more rows agreed and disagreed as these do. */
function needed(
  { name, maxDrop }: MetricRule,
  { confidence }: GatePolicy,
  baseline: Comparison,
): number | null {
  const { rows, broken, fixed } = baseline;
  if (name !== ACCURACY || rows === 0) return null;
  return rowsNeeded(rows, (more) => {
    const scale = more / rows;
    const pairs = { rows: more, broken: broken * scale, fixed: fixed * scale };
    return compareInterval(dropInterval(pairs, confidence), { max: maxDrop }) !== "open";
  });
}
