import type { PairedCounts } from "#domain/gate/evidence.ts";
import { count, shown } from "./words.ts";

// Sentences about the two best variants beside each other.

interface Rivals {
  readonly leader: string;
  readonly second: string;
}

interface Compared extends Rivals {
  readonly paired: PairedCounts;
  /** How likely rows disagree so unevenly if neither is better, and up to what that is too unlikely. */
  readonly chance: number;
  readonly level: number;
  readonly isByChance: boolean;
}

/** By the rows that only one of them has right. The better one on the worst dataset need not be so over all of them. */
export function pairedVariants(compared: Compared): string {
  const { leader, second, paired, isByChance } = compared;
  const figures = pairedFigures(compared);
  if (isByChance) return `${notTold(compared, "accuracy")}: ${figures}; ${why(compared)}`;
  return paired.onlyLeader > paired.onlySecond
    ? `${leader} is ahead of ${second} by accuracy: ${figures}`
    : `${leader} comes first by the dataset where each is worst, but ${second} is ahead over all of them: ${figures}`;
}

function pairedFigures({ leader, second, paired, chance, level }: Compared): string {
  const { rows, onlyLeader, onlySecond } = paired;
  const isOrAre = onlyLeader === 1 ? "is" : "are";
  return `${onlyLeader} of ${count(rows, "row")} ${isOrAre} right only with ${leader}, ${onlySecond} only with ${second} (exact McNemar test: p = ${shown(chance, [0, level])})`;
}

/** Where there are no such rows to look at. */
export function intervalsOverlap(rivals: Rivals, name: string): string {
  return `${notTold(rivals, name)}: the intervals overlap; ${why(rivals)}`;
}

function notTold({ leader, second }: Rivals, name: string): string {
  return `${leader} and ${second} are not distinguishable by ${name}`;
}

function why({ leader }: Rivals): string {
  return `${leader} comes first by its figure, or by its place on a tie`;
}
