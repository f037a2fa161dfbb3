export interface KnownDifference {
  /** Name of the case. */
  readonly of: RegExp;
  /** What is compared, e.g. `line 2: message`. */
  readonly at: RegExp;
  readonly reason: string;
}

/** Where the built-in engine is meant to differ. An entry that no difference needs fails the run too. */
export const knownDifferences: readonly KnownDifference[] = [];
