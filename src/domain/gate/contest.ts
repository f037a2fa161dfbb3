import type { MetricVerdict } from "#domain/pipeline.ts";
import type { PairedCounts } from "./evidence.ts";
import type { Judgement } from "./judge.ts";
import { ACCURACY, type GatePolicy, type MetricRule } from "./policy.ts";
import { withoutNoise } from "./rounding.ts";
import { intervalsOverlap, pairedVariants } from "./sentences/variants.ts";
import { mcnemar } from "./statistics/paired.ts";

/** One variant on one dataset, judged. */
export interface JudgedCell {
  readonly variant: string | null;
  readonly dataset: string;
  readonly judgement: Judgement;
}

export interface Contest extends Judgement {
  /** The variant that is deployed; null where the app has no variants, or none passed. */
  readonly winner: string | null;
}

/** What a contest needs of the gate. */
type Rules = Pick<GatePolicy, "metrics" | "confidence">;

interface Candidate extends Judgement {
  readonly variant: string | null;
}

interface Ranking {
  readonly best: Candidate;
  /** The next best, if it passed too. */
  readonly second: Candidate | undefined;
  /** All but the best, in the order of the manifest. */
  readonly others: readonly Candidate[];
}

/** The two best variants on one dataset, by their places among the cells. */
export interface RivalCells {
  readonly leader: number;
  readonly second: number;
}

const WORST_FIRST = ["error", "failed", "inconclusive", "passed"] as const;

/**
 * Every dataset must pass; of the variants that do, the one with the best first metric wins, and the
 * one named first on a tie. Of several datasets the worst one's figures are shown, and the reasons of all. `cells` holds at least
 * one, in the order of the manifest. `paired` is what the rows of `rivalsOf` say; null where they were not looked at.
 */
export function settle(
  cells: readonly JudgedCell[],
  rules: Rules,
  paired: PairedCounts | null = null,
): Contest {
  const { best, second, others } = rank(cells, rules);
  const winner = best.verdict.outcome === "passed" ? best.variant : null;
  return {
    verdict: {
      ...best.verdict,
      reasons: [
        ...best.verdict.reasons,
        ...others.flatMap(({ verdict }) => verdict.reasons),
        ...(second === undefined ? [] : beside(best, second, rules, paired)),
      ],
      ...(winner === null ? {} : { winner }),
    },
    code: best.code,
    node: best.node,
    winner,
  };
}

/** On each dataset those whose rows say which of the two best variants is better; none where the gate does not ask that of right rows. */
export function rivalsOf(cells: readonly JudgedCell[], rules: Rules): readonly RivalCells[] {
  const { best, second } = rank(cells, rules);
  if (second === undefined || !isByRows(second, rules)) return [];
  const placeOf = (variant: string | null, dataset: string) =>
    cells.findIndex((cell) => cell.variant === variant && cell.dataset === dataset);
  return [...new Set(cells.map(({ dataset }) => dataset))].map((dataset) => ({
    leader: placeOf(best.variant, dataset),
    second: placeOf(second.variant, dataset),
  }));
}

function rank(cells: readonly JudgedCell[], rules: Rules): Ranking {
  const several = cells.length > 1;
  const variants = [...new Set(cells.map(({ variant }) => variant))];
  const candidates = variants.map((variant) => {
    const own = cells.filter((cell) => cell.variant === variant);
    return { variant, ...worstOf(own, several, rules) };
  });
  const ordered = candidates.toSorted(
    (one, other) => byOutcome(other, one) || byWorth(rules)(other, one),
  );
  const [best, next] = ordered;
  if (best === undefined) throw new RangeError("There is nothing to judge.");
  return {
    best,
    second: next?.verdict.outcome === "passed" ? next : undefined,
    others: candidates.filter((candidate) => candidate !== best),
  };
}

function worstOf(cells: readonly JudgedCell[], named: boolean, rules: Rules): Judgement {
  const ordered = cells.toSorted(
    (one, other) =>
      byOutcome(one.judgement, other.judgement) || byWorth(rules)(one.judgement, other.judgement),
  );
  const worst = ordered[0];
  if (worst === undefined) throw new RangeError("A variant without a dataset cannot be judged.");
  const reasons = ordered.flatMap((cell) =>
    cell.judgement.verdict.reasons.map((reason) => (named ? `${nameOf(cell)}: ${reason}` : reason)),
  );
  return { ...worst.judgement, verdict: { ...worst.judgement.verdict, reasons } };
}

function nameOf({ variant, dataset }: JudgedCell): string {
  return variant === null ? dataset : `${variant} on ${dataset}`;
}

/** Worst first. */
function byOutcome(one: Judgement, other: Judgement): number {
  return WORST_FIRST.indexOf(one.verdict.outcome) - WORST_FIRST.indexOf(other.verdict.outcome);
}

/** Worst first by the gate's first metric. */
function byWorth({ metrics: [first] }: Rules): (one: Judgement, other: Judgement) => number {
  const sign = isLowerBetter(first) ? -1 : 1;
  const worth = (judgement: Judgement) => {
    const value = valueFor(judgement, first);
    return value === null ? -Number.MAX_VALUE : sign * value;
  };
  return (one, other) => worth(one) - worth(other);
}

/** Of a metric that is only bounded from above, as a latency. */
function isLowerBetter(rule: MetricRule | undefined): boolean {
  return rule?.min === undefined && rule?.max !== undefined;
}

function valueFor({ verdict }: Judgement, rule: MetricRule | undefined): number | null {
  return rule === undefined ? null : (verdict.metrics[rule.name]?.value ?? null);
}

/** Where the next best has a share of right rows, so has the best. */
function isByRows(second: Candidate, { metrics: [first], confidence }: Rules): boolean {
  return (
    confidence > 0 &&
    first?.name === ACCURACY &&
    !isLowerBetter(first) &&
    valueFor(second, first) !== null
  );
}

/** Asked with a confidence: whether the two best differ by more than chance. */
function beside(
  best: Candidate,
  second: Candidate,
  { metrics: [first], confidence }: Rules,
  paired: PairedCounts | null,
): readonly string[] {
  if (confidence === 0 || first === undefined) return [];
  const names = { leader: String(best.variant), second: String(second.variant) };
  if (paired !== null) {
    const chance = mcnemar({ broken: paired.onlySecond, fixed: paired.onlyLeader });
    const level = withoutNoise(1 - confidence);
    const isByChance = withoutNoise(chance) > level;
    return [pairedVariants({ ...names, paired, chance, level, isByChance })];
  }
  const [one, other] = [best, second].map(({ verdict }) => verdict.metrics[first.name]);
  const [low, high] = [Math.max(lowOf(one), lowOf(other)), Math.min(highOf(one), highOf(other))];
  return low <= high ? [intervalsOverlap(names, first.name)] : [];
}

/** Without an interval it may be anything. */
function lowOf(metric: MetricVerdict | undefined): number {
  return metric?.low ?? Number.NEGATIVE_INFINITY;
}

function highOf(metric: MetricVerdict | undefined): number {
  return metric?.high ?? Number.POSITIVE_INFINITY;
}
