import type { Comparison } from "#domain/gate/evidence.ts";
import { judge } from "#domain/gate/judge.ts";
import { compareMean } from "#domain/gate/mean.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import { NO_VALUES, withValue } from "#domain/gate/statistics/spread.ts";
import type { Verdict } from "#domain/pipeline.ts";
import { anEvidence, aTally } from "./pipelines.ts";
import type { ValueShape } from "./value-shapes.ts";

// How often the gate is wrong about a flow whose real quality is known: counted out where outcomes can be, else played with a seed.

type Outcome = Verdict["outcome"];
interface Metric {
  readonly min?: number;
  readonly maxDrop?: number;
}

/** The verdict on so many right rows. */
export function outcomeOfShare(right: number, rows: number, min: number): Outcome {
  const policy = GatePolicy.parse({ metrics: [{ name: "accuracy", min }], confidence: 0.95 });
  return judge(policy, evidenceOf(right, rows, null)).verdict.outcome;
}

/** The verdict on rows of which so many were newly broken and newly fixed. */
export function outcomeOfPairs(
  { broken, fixed, rows }: { broken: number; fixed: number; rows: number },
  maxDrop: number,
): Outcome {
  const policy = GatePolicy.parse({ metrics: [{ name: "accuracy", maxDrop }], confidence: 0.95 });
  const baseline = { deployment: "fg-1", rows, broken, fixed } as const;
  const lists = { newlyBroken: [], newlyFixed: [], logged: {}, differences: {} };
  return judge(policy, evidenceOf(rows - broken, rows, { ...baseline, ...lists })).verdict.outcome;
}

/** The verdict on a logged metric with these values, row by row. */
export function outcomeOfValues(values: readonly number[], metric: Metric): Outcome {
  const policy = GatePolicy.parse({ metrics: [{ name: "tone", ...metric }], confidence: 0.95 });
  const spread = values.reduce(withValue, NO_VALUES);
  const evidence = evidenceOf(values.length, values.length, null);
  return judge(policy, {
    ...evidence,
    logged: { finite: { tone: spread.mean }, malformed: {} },
    spreads: { tone: spread },
  }).verdict.outcome;
}

/** The verdict on a logged metric that was `before` on the mean, and dropped by so much row by row. */
export function outcomeOfDrops(drops: readonly number[], before: number, maxDrop: number): Outcome {
  const policy = GatePolicy.parse({ metrics: [{ name: "tone", maxDrop }], confidence: 0.95 });
  const spread = drops.reduce(withValue, NO_VALUES);
  const rows = drops.length;
  const none = { broken: 0, fixed: 0, newlyBroken: [], newlyFixed: [] };
  const compared = { logged: { tone: before }, differences: { tone: spread } };
  return judge(policy, {
    ...evidenceOf(rows, rows, { deployment: "fg-1", rows, ...none, ...compared }),
    logged: { finite: { tone: before - spread.mean }, malformed: {} },
  }).verdict.outcome;
}

function evidenceOf(right: number, rows: number, baseline: Comparison | null) {
  const tally = aTally({ expected: rows, correct: right, incorrect: rows - right, graded: rows });
  return anEvidence({ tally, baseline });
}

/** The exact odds that a flow right on each row with probability `share` gets `outcome`. */
export function exactShareOdds(rows: number, share: number, min: number, outcome: Outcome): number {
  let odds = 0;
  for (const [right, chance] of binomial(rows, share).entries()) {
    if (outcomeOfShare(right, rows, min) === outcome) odds += chance;
  }
  return odds;
}

/** The exact odds where each row is newly broken, or newly fixed, with these probabilities. */
export function exactPairOdds(
  rows: number,
  chances: { readonly broken: number; readonly fixed: number },
  maxDrop: number,
  outcome: Outcome,
): number {
  let odds = 0;
  const disagree = chances.broken + chances.fixed;
  for (const [differing, chance] of binomial(rows, disagree).entries()) {
    // Below it, all of them together change no figure of the table.
    if (chance < 1e-9) continue;
    for (const [broken, part] of binomial(differing, chances.broken / disagree).entries()) {
      const pairs = { rows, broken, fixed: differing - broken };
      if (outcomeOfPairs(pairs, maxDrop) === outcome) odds += chance * part;
    }
  }
  return odds;
}

/** Probabilities of 0 to `tries` successes, by recurrence. */
function binomial(tries: number, share: number): readonly number[] {
  const odds = [(1 - share) ** tries];
  for (let right = 0; right < tries; right += 1) {
    odds.push(((odds[right] ?? 0) * (tries - right) * share) / ((right + 1) * (1 - share)));
  }
  return odds;
}

/** How often one of `games` comes out as `outcome`. */
export function playedOdds(games: number, outcome: Outcome, play: () => Outcome): number {
  let hits = 0;
  for (let game = 0; game < games; game += 1) if (play() === outcome) hits += 1;
  return hits / games;
}

/** How often a metric with values of this shape passes at a bound that its true mean is exactly at, with confidence 0.95. */
export function meanOdds(
  shape: ValueShape,
  bound: "min" | "max",
  rows: number,
  games: number,
  random: () => number,
): number {
  let passed = 0;
  for (let game = 0; game < games; game += 1) {
    let spread = NO_VALUES;
    for (let row = 0; row < rows; row += 1) spread = withValue(spread, shape.draw(random));
    if (compareMean(spread, { [bound]: shape.mean }, 0.95) === "holds") passed += 1;
  }
  return passed / games;
}

/** Uniform numbers from 0 to 1, the same for a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Grades of 1 to 5 as a model gives them, each with its probability. */
export function gradeFrom(odds: readonly number[], random: () => number): number {
  let left = random();
  for (const [place, chance] of odds.entries()) {
    left -= chance;
    if (left < 0) return place + 1;
  }
  return odds.length;
}

export function meanGrade(odds: readonly number[]): number {
  return odds.reduce((sum, chance, place) => sum + chance * (place + 1), 0);
}
