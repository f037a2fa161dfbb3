/** How a rule came out: it holds, fails, is open (nothing can be said with this confidence), or is only reported. */
export type RuleOutcome = "holds" | "fails" | "open" | "unjudged";

/** Why an interval that clears its bound does not decide: bounds are met by chance so often, or rare rows may not have been seen. */
export type Doubt = "chance" | "rareRows";

/** What one rule of the gate says. */
export interface Ruling {
  readonly outcome: RuleOutcome;
  /** Sentences about it, the first with its figure. */
  readonly reasons: readonly string[];
  /** Why there is no figure; any of these makes the verdict an error. */
  readonly missing: readonly string[];
  /** What should be said besides. */
  readonly notes: readonly string[];
  /** What to do about a rule that fails or has no figure. */
  readonly next: readonly string[];
  /** Where it is open: about how many rows would decide; null where no number is known to. */
  readonly rowsNeeded: number | null;
}

/** A rule of which there is nothing to say. */
export const SILENT: Ruling = {
  outcome: "holds",
  reasons: [],
  missing: [],
  notes: [],
  next: [],
  rowsNeeded: null,
};

/** A rule without its figure. */
export function without(problem: string, next: string): Ruling {
  return { ...SILENT, outcome: "unjudged", missing: [problem], next: [next] };
}
