import type { RowTally } from "#domain/gate/evidence.ts";
import { count, haveToBeRight, rowList } from "./words.ts";

// Sentences about the rows of a run. They are named by their line, from 0, as everywhere else.

/** Why the rows themselves are the problem. */
export function failedRows(failed: number, maxErrorRate: number, tally: RowTally): string {
  const { firstError } = tally;
  const first = firstError === null ? "" : `; the first is ${describeRow(firstError)}`;
  return `${failed} of ${tally.expected} rows failed, more than the ${percent(maxErrorRate)} that maxErrorRate allows${first}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

function describeRow({ line, node, type }: NonNullable<RowTally["firstError"]>): string {
  const where = node === null ? "" : ` in node ${node}`;
  return `row ${line}${where}${type === null ? "" : ` (${type})`}`;
}

/** What a run said of itself that its lines do not show. */
export function troubled({
  run,
  claimed,
  shown: told,
  node,
  type,
}: RowTally["troubles"][number]): string {
  const where = node === null ? "" : ` in node ${node}`;
  const beside = `the ${run} run completed with an error${where}${type === null ? "" : ` (${type})`}`;
  if (claimed <= told) return `warning: ${beside}, which is none of its lines'`;
  const lines = claimed === 1 ? "1 of its lines" : `${claimed} of its lines`;
  return `warning: the ${run} run says that ${lines} failed, and ${told} show it; the gate counts ${claimed}`;
}

export function tooFewRows(expected: number, minRows: number): string {
  const rows = expected === 1 ? "1 row is" : `${expected} rows are`;
  return `${rows} too few: the gate asks for ${minRows}`;
}

/** `lines` are the first of `all`. */
export function rowsNotRight(lines: readonly number[], all: number): string {
  return `not right: ${rowList(lines, all)}`;
}

export function wantedRight(wanted: number, correct: number, expected: number): string {
  return `what next: ${wanted} of the ${count(expected, "row")} ${haveToBeRight(wanted, correct)}`;
}

export function mendRows(): string {
  return "what next: mend what fails in these rows, or allow more of them with gate.maxErrorRate";
}

export function moreRows(needed: number, expected: number): string {
  return `what next: about ${needed} rows like ${expected === 1 ? "this one" : `these ${expected}`} would decide`;
}

export function noNumberOfRows(): string {
  return "what next: no number of rows like these would decide; the figure is too close to its bound, or has no interval";
}

export function goldenWrong(rows: number, lines: readonly number[], all: number): string {
  return `${all} of ${count(rows, "golden row")} ${all === 1 ? "is" : "are"} not right: ${rowList(lines, all)}`;
}

export function goldenRight(rows: number): string {
  return rows === 1 ? "the golden row is right" : `all ${rows} golden rows are right`;
}

export function allGolden(): string {
  return "what next: every golden row has to be right";
}

export function noGolden(reference: string): string {
  return `no row of the dataset has ${reference} true, so gate.golden asks for nothing`;
}

export function nameGolden(): string {
  return "what next: mark the golden rows in the dataset, or take gate.golden out";
}

export function flakyRows(lines: readonly number[], all: number, repeats: number): string {
  return `${count(all, "row")} did not come out alike in ${repeats} repeats: ${rowList(lines, all)}`;
}

export function stoppedEarly(made: number, repeats: number): string {
  return `judged on ${count(made, "repeat")} of the ${repeats} that the gate asks for`;
}
