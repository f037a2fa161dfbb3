import type { ErrorCode } from "#domain/errors.ts";
import type { Verdict } from "#domain/pipeline.ts";
import type { Evidence, RowTally } from "./evidence.ts";
import { judgeDrop } from "./judge-drop.ts";
import { judgeMetric } from "./judge-metric.ts";
import { judgeSlices } from "./judge-slices.ts";
import type { GatePolicy, MetricRule } from "./policy.ts";
import { type Ruling, SILENT, without } from "./ruling.ts";
import { loggedInstead, notLogged } from "./sentences/metrics.ts";
import {
  allGolden,
  failedRows,
  flakyRows,
  goldenRight,
  goldenWrong,
  mendRows,
  nameGolden,
  noGolden,
  rowsNotRight,
  stoppedEarly,
  tooFewRows,
  troubled,
} from "./sentences/rows.ts";
import { isUsageMetric } from "./usage.ts";
import { type Figures, figuresOf, type NamedRuling } from "./verdict-figures.ts";
import { nextOf, whatNext } from "./what-next.ts";

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
  const metrics = policy.metrics.flatMap((rule) => judgeRule(rule, policy, evidence));
  const { rulings: slices, slices: sliced } = judgeSlices(policy, evidence);
  const rulings = [
    ...metrics.map(({ ruling }) => ruling),
    ...slices,
    judgeGolden(policy, evidence),
  ];
  const scene = {
    policy,
    evidence,
    rulings,
    figures: figuresOf(policy, evidence, metrics, sliced),
  };
  const tooMany = tooManyFailed(policy, evidence.tally);
  if (tooMany !== undefined) return tooBadToMeasure(scene, tooMany);
  return rulings.some(({ missing }) => missing.length > 0) ? withoutFigure(scene) : decided(scene);
}

/** All that is known when the verdict is written. */
interface Scene {
  readonly policy: GatePolicy;
  readonly evidence: Evidence;
  readonly rulings: readonly Ruling[];
  readonly figures: Figures;
}

function tooBadToMeasure(scene: Scene, tooMany: string): Judgement {
  const { evidence, rulings, figures } = scene;
  const reasons = [
    tooMany,
    ...missingIn(scene),
    ...whichRows(evidence),
    ...nextOf(rulings),
    mendRows(),
    ...notesIn(scene),
  ];
  const node = evidence.tally.firstError?.node ?? null;
  return { verdict: { outcome: "error", reasons, ...figures }, code: "ROWS_FAILED", node };
}

function withoutFigure(scene: Scene): Judgement {
  const reasons = [...missingIn(scene), ...nextOf(scene.rulings), ...notesIn(scene)];
  const verdict: Verdict = { outcome: "error", reasons, ...scene.figures };
  return { verdict, code: "METRIC_INVALID", node: null };
}

function decided(scene: Scene): Judgement {
  const { policy, evidence, rulings, figures } = scene;
  const { expected } = evidence.tally;
  const tooFew = expected < policy.minRows;
  const outcome = decide(rulings, tooFew);
  const needed = outcome === "inconclusive" ? neededRows(policy, rulings) : undefined;
  const reasons = [
    ...(tooFew ? [tooFewRows(expected, policy.minRows)] : []),
    ...rulings.flatMap((ruling) => ruling.reasons),
    ...repeated(policy, evidence),
    ...(outcome === "passed" ? [] : whichRows(evidence)),
    ...whatNext(outcome, policy, rulings, evidence, needed),
    ...notesIn(scene),
  ];
  const rowsNeeded = typeof needed === "number" ? { rowsNeeded: needed } : {};
  return { verdict: { outcome, reasons, ...figures, ...rowsNeeded }, code: null, node: null };
}

/** Why there are no figures. Whoever named a metric otherwise than the evaluation flow does sees what it is called there. */
function missingIn({ policy, evidence, rulings }: Scene): readonly string[] {
  return [...rulings.flatMap(({ missing }) => missing), ...otherNames(policy, evidence)];
}

function otherNames({ metrics }: GatePolicy, { logged }: Evidence): readonly string[] {
  const wanted = metrics.map(({ name }) => name).filter((name) => !isUsageMetric(name));
  const known = [...Object.keys(logged.finite), ...Object.keys(logged.malformed)];
  const others = Object.keys(logged.finite).filter((name) => !wanted.includes(name));
  const isAbsent = wanted.some((name) => !known.includes(name));
  return isAbsent && others.length > 0 ? [loggedInstead(others)] : [];
}

function notesIn({ rulings, evidence }: Scene): readonly string[] {
  return [...rulings.flatMap(({ notes }) => notes), ...evidence.tally.troubles.map(troubled)];
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
