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
  { of: /^results/, at: /^line [457]: message$/, reason: OWN_WORDS },
  {
    of: /^results/,
    at: /^line 6: /,
    reason: "a dataclass as an output becomes a map in builtin; prompt flow fails the line",
  },
  {
    of: /^results/,
    at: /^line 10: outputs$/,
    reason: "a generator that a node has read is empty as an output; builtin keeps what it gave",
  },
  { of: /^load: /, at: /^load: message$/, reason: OWN_WORDS },
  { of: /^a mapping that finds|^no rows/, at: /^batch: message$/, reason: OWN_WORDS },
  {
    of: /^load: (a tool file|a syntax|a module|no tool|two tools|a literal|a connection)/,
    at: /^load: class$/,
    reason:
      "builtin calls all of them ResolveToolError; prompt flow names the chain of what is inside",
  },
  {
    of: /^load: activate without is$|^no rows$|^an image/,
    at: /: class$/,
    reason: "builtin puts ValidationError before the code that prompt flow gives",
  },
  {
    of: /^prompt and llm nodes$/,
    at: /^line [12]: outputs$/,
    reason:
      "builtin masks role-like text before it renders, so its length is another to a template",
  },
  {
    of: /^async, classes/,
    at: /^serve \{"q":"abc"\}: outputs$/,
    reason: "a list in environment_variables is JSON without blanks in builtin",
  },
  { of: /^an image by reference$/, at: /: message$/, reason: OWN_WORDS },
  {
    of: /^variant .*unknown/,
    at: /^load: /,
    reason:
      "local prompt flow refuses it in its SDK; builtin as the service, while it reads the flow",
  },
  { of: /^jinja's format filter$/, at: /./, reason: "the filter is not in builtin" },
];
