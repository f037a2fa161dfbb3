export interface Example {
  readonly question: string;
  readonly answer: string;
}

/** One way to read a prompt: the examples it shows and what it then asks, if that stands apart. */
export interface Examples {
  readonly examples: readonly Example[];
  readonly question?: string | undefined;
}

export const NO_EXAMPLES: Examples = { examples: [] };
