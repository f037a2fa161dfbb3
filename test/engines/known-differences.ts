export interface KnownDifference {
  /** Name of the case. */
  readonly of: RegExp;
  /** What is compared, e.g. `line 2: message`. */
  readonly at: RegExp;
  readonly reason: string;
}

const OWN_WORDS =
  "builtin's message says the value, the place in the file, or what to change, which prompt flow's does not";

/** Where the built-in engine is meant to differ. An entry that no difference needs fails the run too. */
export const knownDifferences: readonly KnownDifference[] = [
  { of: /^inputs: every type$/, at: /message$/, reason: OWN_WORDS },
  { of: /^references: every form$/, at: /message$/, reason: OWN_WORDS },
  { of: /^literals/, at: /^serve \{\}: message$/, reason: OWN_WORDS },
  { of: /^results/, at: /^line [4-7]: message$/, reason: OWN_WORDS },
  {
    of: /^load: an llm node of an unknown module$/,
    at: /^load/,
    reason: "builtin imports no module for an llm node: the connection alone says who answers",
  },
  { of: /^load: /, at: /^load: message$/, reason: OWN_WORDS },
  { of: /^a flex flow: a bare value$/, at: /^serve \{\}: message$/, reason: OWN_WORDS },
  { of: /^a batch that takes too long$/, at: /^batch: message$/, reason: OWN_WORDS },
  {
    of: /^a batch that takes too long$/,
    at: /^line 1: (class|message)$/,
    reason: "which of its two watches ends the line is a race in prompt flow",
  },
  { of: /^a mapping that finds|^no rows/, at: /^batch: message$/, reason: OWN_WORDS },
  { of: /^an image by reference$/, at: /: message$/, reason: OWN_WORDS },
  { of: /^variant .*unknown/, at: /^load: message$/, reason: OWN_WORDS },
];

/** The same for the flows of a folder. */
export const folderDifferences: readonly KnownDifference[] = [
  { of: /./, at: /message$/, reason: OWN_WORDS },
  {
    of: /^eager_flows/,
    at: /^load: class$/,
    reason: "prompt flow's SDK refuses it before its executor, whose code builtin has",
  },
  {
    of: /image/,
    at: /^line/,
    reason: "rows of a batch reach prompt flow without their folder, where the pictures lie",
  },
  { of: /callable_class/, at: /outputs$/, reason: "it tells the address of an object" },
];
