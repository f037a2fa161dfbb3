import type { RowTally } from "./gate/evidence.ts";
import { type LineParts, onlyRecord } from "./gate/join-row.ts";

/** What a run that ended says of its failed lines, beside what the lines themselves say. */
export interface RunClaim {
  /** Its own count; null where it has none. */
  readonly failedLines: number | null;
  /** Where an error that it Completed with came from; `failedLines` null where that does not count them. */
  readonly error: {
    readonly failedLines: number | null;
    readonly node: string | null;
    readonly type: string | null;
  } | null;
}

type Trouble = RowTally["troubles"][number];
type Run = Trouble["run"];

/** Which of both runs has no answer for a line; the evaluation never sees one that the base run lost. */
export function lostIn(parts: LineParts): Readonly<Record<Run, boolean>> {
  const [base, evaluation] = [onlyRecord(parts.base), onlyRecord(parts.evaluation)];
  const inBase = !base || base.failure !== null;
  return {
    base: inBase,
    evaluation: evaluation?.failure != null || (!inBase && !evaluation?.outputs),
  };
}

/**
 * The tally where a run says that more of its lines failed than show it: which ones nobody knows, so as
 * many count as failed that would count as right. A run that ended in an error of another kind is noted.
 */
export function withClaim(tally: RowTally, run: Run, lost: number, claim: RunClaim): RowTally {
  const { error } = claim;
  // An error that does not say how many lines are meant is about one at least.
  const told = error === null ? 0 : (error.failedLines ?? 1);
  const claimed = Math.max(told, claim.failedLines ?? 0);
  const isBeside = error?.failedLines === 0;
  if (claimed <= lost && !isBeside) return tally;

  const { node = null, type = null } = isBeside ? error : {};
  const trouble = { run, claimed, shown: lost, node, type };
  const untold = Math.min(Math.max(0, claimed - lost), tally.correct + tally.incorrect);
  const wereRight = Math.min(untold, tally.correct);
  const kind = run === "base" ? "runError" : "evalError";
  return {
    ...tally,
    correct: tally.correct - wereRight,
    incorrect: tally.incorrect - (untold - wereRight),
    [kind]: tally[kind] + untold,
    troubles: [...tally.troubles, trouble],
  };
}

/** The tally with what runs are known to have said before: that of an earlier repeat counts for the repeats after it too. */
export function withTroubles(tally: RowTally, troubles: readonly Trouble[]): RowTally {
  return troubles.reduce(
    (sum, trouble) => withClaim(sum, trouble.run, trouble.shown, claimOf(trouble)),
    tally,
  );
}

/** The claim that a trouble was made of. */
function claimOf({ claimed, shown, node, type }: Trouble): RunClaim {
  const isBeside = claimed <= shown || node !== null || type !== null;
  const error = isBeside ? { failedLines: 0, node, type } : null;
  return { failedLines: claimed, error };
}
