import type { SliceRule } from "#domain/gate/policy.ts";
import type { Doubt } from "#domain/gate/ruling.ts";
import type { SliceVerdict } from "#domain/pipeline.ts";
import { count, haveToBeRight, openReason, shown } from "./words.ts";

// Sentences about the rows with one value of a column.

export function sliceSentence(
  slice: SliceVerdict,
  outcome: "fails" | "open",
  doubt?: Doubt,
): string {
  const { by, rows, correct, share, low, high, min } = slice;
  const what = `accuracy where ${by} is ${quoted(slice)} is ${shown(share, [min])} over ${count(rows, "row")} (${correct} right)`;
  return outcome === "fails"
    ? `${what}, below ${min}`
    : `${what}, not decided: ${openReason({ interval: { low, high }, doubt, rows })}`;
}

export function sliceTooSmall(slice: SliceVerdict, minRows: number): string {
  const { by, rows, correct, share, min } = slice;
  return `accuracy where ${by} is ${quoted(slice)} is ${shown(share, [min])} over ${count(rows, "row")} (${correct} right), below ${min}, not judged: fewer than ${minRows} rows`;
}

export function sliceHeld({ by, min }: SliceRule, held: number): string {
  return `accuracy is at least ${min} in ${count(held, "slice")} by ${by}`;
}

export function tooManyValues(by: string, kept: number): string {
  return `${by} has more than ${kept} different values, too many to slice by`;
}

export function fewValues(): string {
  return "what next: let gate.slices name a column with few values";
}

export function unknownColumn(reference: string): string {
  return `no row of the dataset has ${reference}, which gate.slices names`;
}

export function nameColumn(): string {
  return "what next: let gate.slices name a column of the dataset";
}

export function wantedInSlice(slice: SliceVerdict, wanted: number): string {
  const { by, rows, correct } = slice;
  return `what next: ${wanted} of the ${count(rows, "row")} where ${by} is ${quoted(slice)} ${haveToBeRight(wanted, correct)}`;
}

function quoted({ value }: SliceVerdict): string {
  return value === null ? "not there" : `"${value}"`;
}
