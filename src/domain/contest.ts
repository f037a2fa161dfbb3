import type { Judgement } from "./gate.ts";
import type { Verdict } from "./pipeline.ts";

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

/** A rule of the gate. One that only has `max`, as a latency would, is the better the lower it is. */
interface Bounds {
  readonly name: string;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

const WORST_FIRST = ["error", "failed", "inconclusive", "passed"] as const;

/**
 * Every dataset must pass; of the variants that do, the one with the best first metric wins, and the
 * one named first on a tie. `cells` holds at least one, in the order of the manifest.
 */
export function settle(cells: readonly JudgedCell[], first: Bounds | undefined): Contest {
  const several = cells.length > 1;
  const variants = [...new Set(cells.map(({ variant }) => variant))];
  const candidates = variants.map((variant) => {
    const own = cells.filter((cell) => cell.variant === variant);
    return { variant, ...worstOf(own, several) };
  });
  const passed = candidates.filter(({ verdict }) => verdict.outcome === "passed");
  const best = bestOf(passed, first) ?? candidates.toSorted(byOutcome).at(-1);
  if (best === undefined) throw new RangeError("There is nothing to judge.");
  const others = candidates.filter((candidate) => candidate !== best);
  return {
    verdict: {
      ...best.verdict,
      reasons: [...best.verdict.reasons, ...others.flatMap(({ verdict }) => verdict.reasons)],
    },
    code: best.code,
    node: best.node,
    winner: passed.length > 0 ? best.variant : null,
  };
}

function worstOf(cells: readonly JudgedCell[], named: boolean): Judgement {
  const ordered = cells.toSorted((a, b) => byOutcome(a.judgement, b.judgement));
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

function byOutcome(one: { verdict: Verdict }, other: { verdict: Verdict }): number {
  return WORST_FIRST.indexOf(one.verdict.outcome) - WORST_FIRST.indexOf(other.verdict.outcome);
}

function bestOf<Candidate extends { verdict: Verdict }>(
  passed: readonly Candidate[],
  { name, min, max }: Bounds = { name: "" },
): Candidate | undefined {
  const sign = min === undefined && max !== undefined ? -1 : 1;
  const worth = ({ verdict }: Candidate) => {
    const value = verdict.metrics[name]?.value ?? null;
    return value === null ? -Number.MAX_VALUE : sign * value;
  };
  return passed.toSorted((one, other) => worth(other) - worth(one))[0];
}
