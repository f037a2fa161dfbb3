import { isDeepStrictEqual } from "node:util";
import type { KnownDifference } from "./known-differences.ts";
import type { Observation } from "./observe.ts";

export interface Difference {
  readonly path: string;
  readonly builtin: unknown;
  readonly promptflow: unknown;
  /** The entry that expects it, if any does. */
  readonly known?: KnownDifference;
}

export interface Comparison {
  readonly name: string;
  readonly equal: number;
  readonly differences: readonly Difference[];
  /** The built-in engine says itself that it cannot do this yet. */
  readonly refused: boolean;
}

export function compare(
  name: string,
  builtin: Observation,
  promptflow: Observation,
  known: readonly KnownDifference[],
): Comparison {
  const paths = [...new Set([...promptflow.keys(), ...builtin.keys()])];
  const refused = builtin.get("load: class") === "UserError/NotSupported";
  if (refused) return { name, equal: 0, differences: [], refused };
  const differences = paths
    .filter((path) => !isDeepStrictEqual(builtin.get(path), promptflow.get(path)))
    .map((path): Difference => {
      const found = known.find((entry) => entry.of.test(name) && entry.at.test(path));
      const values = { path, builtin: builtin.get(path), promptflow: promptflow.get(path) };
      return found ? { ...values, known: found } : values;
    });
  return { name, equal: paths.length - differences.length, differences, refused };
}
