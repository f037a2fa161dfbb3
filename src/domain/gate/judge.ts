import type { ErrorCode } from "#domain/errors.ts";
import type { MetricVerdict, RowCounts, Verdict } from "#domain/pipeline.ts";
import { compareShare, fewestRight } from "./bounds.ts";
import type { Evidence, RowTally } from "./evidence.ts";
import { judgeDrop } from "./judge-drop.ts";
import { judgeMetric } from "./judge-metric.ts";
import { judgeSlices } from "./judge-slices.ts";
import { ACCURACY, type GatePolicy, type MetricRule } from "./policy.ts";
import { type Ruling, SILENT, without } from "./ruling.ts";
import {
  allGolden,
  failedRows,
  flakyRows,
  goldenRight,
  goldenWrong,
  loggedInstead,
  mendRows,
  moreRows,
  nameGolden,
  noGolden,
  noNumberOfRows,
  notLogged,
  rowsNotRight,
  stoppedEarly,
  tooFewRows,
  troubled,
  wantedRight,
} from "./sentences.ts";
import { mcnemar } from "./statistics/paired.ts";
import { isUsageMetric } from "./usage.ts";

/** A verdict, and the code of the pipeline's error when nothing could be measured. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly code: ErrorCode | null;
  /** The node in which the first of too many rows failed. */
  readonly node: string | null;
}

/**
 * The gate: passed only if every rule holds on figures that are there, finite, and about every row
 * of the dataset. What cannot be measured is `error`, never a pass.
 */
export function judge(policy: GatePolicy, evidence: Evidence): Judgement {
  const { tally } = evidence;
  const metrics = policy.metrics.flatMap((rule) => judgeRule(rule, policy, evidence));
  const { rulings: slices, slices: sliced } = judgeSlices(policy, evidence);
  const rulings = [
    ...metrics.map(({ ruling }) => ruling),
    ...slices,
    judgeGolden(policy, evidence),
  ];
  const tooMany = tooManyFailed(policy, tally);
  const missing = rulings.flatMap((ruling) => ruling.missing);
  const notes = [...rulings.flatMap((ruling) => ruling.notes), ...tally.troubles.map(troubled)];
  const figures = {
    metrics: mergeByName(metrics),
    rows: countRows(tally),
    ...details(policy, evidence),
    ...(sliced.length > 0 ? { slices: [...sliced].slice(0, MAX_SLICES) } : {}),
  };

  if (missing.length > 0 || tooMany !== undefined) {
    const reasons = [
      ...(tooMany === undefined ? [] : [tooMany]),
      ...missing,
      ...otherNames(policy, evidence),
      ...(tooMany === undefined ? [] : whichRows(evidence)),
      ...nextOf(rulings),
      ...(tooMany === undefined ? [] : [mendRows()]),
      ...notes,
    ];
    return {
      verdict: { outcome: "error", reasons, ...figures },
      code: tooMany === undefined ? "METRIC_INVALID" : "ROWS_FAILED",
      node: tooMany === undefined ? null : (tally.firstError?.node ?? null),
    };
  }
  const tooFew = tally.expected < policy.minRows;
  const outcome = decide(rulings, tooFew);
  const needed = outcome === "inconclusive" ? neededRows(policy, rulings) : undefined;
  const reasons = [
    ...(tooFew ? [tooFewRows(tally.expected, policy.minRows)] : []),
    ...rulings.flatMap((ruling) => ruling.reasons),
    ...repeated(policy, evidence),
    ...(outcome === "passed" ? [] : whichRows(evidence)),
    ...whatNext(outcome, policy, rulings, evidence, needed),
    ...notes,
  ];
  const verdict = {
    outcome,
    reasons,
    ...figures,
    ...(typeof needed === "number" ? { rowsNeeded: needed } : {}),
  };
  return { verdict, code: null, node: null };
}

/** Whoever named a metric otherwise than the evaluation flow does sees what it is called there. */
function otherNames({ metrics }: GatePolicy, { logged }: Evidence): readonly string[] {
  const wanted = metrics.map(({ name }) => name).filter((name) => !isUsageMetric(name));
  const known = [...Object.keys(logged.finite), ...Object.keys(logged.malformed)];
  const others = Object.keys(logged.finite).filter((name) => !wanted.includes(name));
  const isAbsent = wanted.some((name) => !known.includes(name));
  return isAbsent && others.length > 0 ? [loggedInstead(others)] : [];
}

/** A pipeline that could not get as far as figures. Metrics of the gate that are missing are named beside it. */
export function couldNotMeasure(policy: GatePolicy, reason: string): Verdict {
  const required = policy.metrics.filter(
    ({ name, reportOnly }) => !reportOnly && !isUsageMetric(name),
  );
  const names = [...new Set(required.map(({ name }) => name))];
  return {
    outcome: "error",
    reasons: [reason, ...names.map(notLogged)],
    metrics: {},
    rows: null,
  };
}

/** Lists in the document hold no more; the rest is in the report. */
const MAX_SLICES = 100;

interface NamedRuling {
  readonly name: string;
  readonly ruling: Ruling;
  readonly metric: MetricVerdict;
}

/** Its bounds, and its drop where it has a `maxDrop`. */
function judgeRule(rule: MetricRule, policy: GatePolicy, evidence: Evidence): NamedRuling[] {
  const { name, maxDrop } = rule;
  const bounded = judgeMetric(rule, policy, evidence);
  const first = { name, ruling: bounded, metric: bounded.metric };
  if (maxDrop === undefined) return [first];
  const dropped = judgeDrop({ ...rule, maxDrop }, bounded.metric.value, policy, evidence);
  const metric = { ...bounded.metric, ...dropped.metric };
  return [first, { name, ruling: dropped, metric }];
}

function judgeGolden({ golden: reference }: GatePolicy, { golden }: Evidence): Ruling {
  if (reference === undefined || golden === null) return SILENT;
  const { rows, wrong, wrongRows } = golden;
  if (rows === 0) return without(noGolden(reference), nameGolden());
  return wrongRows === 0
    ? { ...SILENT, reasons: [goldenRight(rows)] }
    : {
        ...SILENT,
        outcome: "fails",
        reasons: [goldenWrong(rows, wrong, wrongRows)],
        next: [allGolden()],
      };
}

function decide(rulings: readonly Ruling[], tooFew: boolean): Verdict["outcome"] {
  if (tooFew) return "inconclusive";
  if (rulings.some(({ outcome }) => outcome === "fails")) return "failed";
  return rulings.some(({ outcome }) => outcome === "open") ? "inconclusive" : "passed";
}

function tooManyFailed({ maxErrorRate }: GatePolicy, tally: RowTally): string | undefined {
  const failed = tally.runError + tally.evalError + tally.missing;
  // Divided, not multiplied: 29 of 100 are the 0.29 that is written in the manifest, 0.29 × 100 is less than 29.
  if (failed === 0 || failed / tally.expected <= maxErrorRate) return undefined;
  return failedRows(failed, maxErrorRate, tally);
}

function countRows(tally: RowTally): RowCounts {
  const { expected, correct, incorrect, runError, evalError, missing } = tally;
  return { expected, correct, incorrect, failed: runError + evalError, missing };
}

/** What is shown besides, where the gate asks for it. */
function details({ golden, repeats }: GatePolicy, evidence: Evidence): Partial<Verdict> {
  const { baseline } = evidence;
  const compared = baseline !== null && !("none" in baseline) ? baseline : undefined;
  return {
    ...(golden === undefined || evidence.golden === null
      ? {}
      : { golden: { rows: evidence.golden.rows, wrong: [...evidence.golden.wrong] } }),
    ...(repeats > 1 ? { flaky: [...evidence.flaky] } : {}),
    ...(compared === undefined
      ? {}
      : {
          baseline: {
            deployment: compared.deployment,
            rows: compared.rows,
            newlyBroken: [...compared.newlyBroken],
            newlyFixed: [...compared.newlyFixed],
            pValue: mcnemar(compared),
          },
        }),
  };
}

/** Null where no number of rows is known to decide. */
function neededRows({ minRows }: GatePolicy, rulings: readonly Ruling[]): number | null {
  const open = rulings.filter(({ outcome }) => outcome === "open");
  const needed = open.map(({ rowsNeeded }) => rowsNeeded);
  if (needed.includes(null)) return null;
  return Math.max(minRows, ...needed.map(Number));
}

function repeated({ repeats }: GatePolicy, evidence: Evidence): readonly string[] {
  const { flaky, flakyRows: all, repeats: made } = evidence;
  return [
    ...(all > 0 ? [flakyRows(flaky, all, made)] : []),
    ...(made < repeats ? [stoppedEarly(made, repeats)] : []),
  ];
}

function whichRows({ tally, wrong }: Evidence): readonly string[] {
  const notRight = tally.expected - tally.correct;
  return notRight === 0 ? [] : [rowsNotRight(wrong, notRight)];
}

function whatNext(
  outcome: Verdict["outcome"],
  policy: GatePolicy,
  rulings: readonly Ruling[],
  { tally }: Evidence,
  needed: number | null | undefined,
): readonly string[] {
  if (outcome === "inconclusive") {
    return [typeof needed === "number" ? moreRows(needed, tally.expected) : noNumberOfRows()];
  }
  const wanted = outcome === "failed" ? rightRowsWanted(policy, tally) : undefined;
  return [
    ...(wanted === undefined ? [] : [wantedRight(wanted, tally.correct, tally.expected)]),
    ...nextOf(rulings),
  ];
}

/** What to do about the rules, each once. */
function nextOf(rulings: readonly Ruling[]): readonly string[] {
  return [...new Set(rulings.flatMap(({ next }) => next))];
}

/** The fewest right rows with which every lower bound of accuracy holds; undefined where more of them do not help. */
function rightRowsWanted(
  { metrics, confidence }: GatePolicy,
  { correct, expected }: RowTally,
): number | undefined {
  const rules = metrics.filter(({ name, reportOnly }) => name === ACCURACY && !reportOnly);
  const holds = (right: number) =>
    rules.every(
      ({ min }) => compareShare({ right, rows: expected }, { min }, confidence) === "holds",
    );
  return fewestRight({ right: correct, rows: expected }, holds);
}

/** Entries of one name share a line of the verdict: all their bounds, and right only if all hold. */
function mergeByName(judged: readonly NamedRuling[]): Record<string, MetricVerdict> {
  const merged = new Map<string, MetricVerdict>();
  for (const { name, metric } of judged) {
    const before = merged.get(name);
    merged.set(name, before ? { ...before, ...metric, ok: before.ok && metric.ok } : metric);
  }
  return Object.fromEntries(merged);
}
