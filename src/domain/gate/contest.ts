import type { MetricVerdict } from "#domain/pipeline.ts";
import type { Judgement } from "./judge.ts";
import type { GatePolicy } from "./policy.ts";
import { notDistinguishable } from "./sentences/variants.ts";

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

const WORST_FIRST = ["error", "failed", "inconclusive", "passed"] as const;

/**
 * Every dataset must pass; of the variants that do, the one with the best first metric wins, and the
 * one named first on a tie. Of several datasets the worst one's figures are shown, and the reasons of all. `cells` holds at least
 * one, in the order of the manifest.
 */
export function settle(cells: readonly JudgedCell[], rules: Rules): Contest {
  const several = cells.length > 1;
  const variants = [...new Set(cells.map(({ variant }) => variant))];
  const candidates = variants.map((variant) => {
    const own = cells.filter((cell) => cell.variant === variant);
    return { variant, ...worstOf(own, several, rules) };
  });
  const ordered = candidates.toSorted(
    (one, other) => byOutcome(other, one) || byWorth(rules)(other, one),
  );
  const [best, second] = ordered;
  if (best === undefined) throw new RangeError("There is nothing to judge.");
  const winner = best.verdict.outcome === "passed" ? best.variant : null;
  const others = candidates.filter((candidate) => candidate !== best);
  return {
    verdict: {
      ...best.verdict,
      reasons: [
        ...best.verdict.reasons,
        ...others.flatMap(({ verdict }) => verdict.reasons),
        ...doubt(best, second, rules),
      ],
      ...(winner === null ? {} : { winner }),
    },
    code: best.code,
    node: best.node,
    winner,
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

/** Worst first by the gate's first metric. One that is only bounded from above, as a latency, is the better the lower it is. */
function byWorth({ metrics: [first] }: Rules): (one: Judgement, other: Judgement) => number {
  const { name = "", min, max } = first ?? {};
  const sign = min === undefined && max !== undefined ? -1 : 1;
  const worth = ({ verdict }: Judgement) => {
    const value = verdict.metrics[name]?.value ?? null;
    return value === null ? -Number.MAX_VALUE : sign * value;
  };
  return (one, other) => worth(one) - worth(other);
}

/** Asked with a confidence: whether the two best that passed differ by more than chance. */
function doubt(
  best: Candidate,
  second: Candidate | undefined,
  { metrics: [first], confidence }: Rules,
): readonly string[] {
  if (confidence === 0 || first === undefined || second?.verdict.outcome !== "passed") return [];
  const [one, other] = [best, second].map(({ verdict }) => verdict.metrics[first.name]);
  const [low, high] = [Math.max(lowOf(one), lowOf(other)), Math.min(highOf(one), highOf(other))];
  return low <= high
    ? [notDistinguishable(best.variant ?? "", second.variant ?? "", first.name)]
    : [];
}

/** Without an interval it may be anything. */
function lowOf(metric: MetricVerdict | undefined): number {
  return metric?.low ?? Number.NEGATIVE_INFINITY;
}

function highOf(metric: MetricVerdict | undefined): number {
  return metric?.high ?? Number.POSITIVE_INFINITY;
}
