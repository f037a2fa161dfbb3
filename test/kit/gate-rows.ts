import type { z } from "zod";
import type { Baseline } from "#domain/gate/baseline-meter.ts";
import { settle } from "#domain/gate/contest.ts";
import type { LoggedMetrics, PairedCounts, RowTally } from "#domain/gate/evidence.ts";
import { judge } from "#domain/gate/judge.ts";
import { Meter } from "#domain/gate/meter.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Row, RowOutcome, Verdict } from "#domain/pipeline.ts";

/** A row as `joinRow` makes it, right unless a test says otherwise. */
export function aRow(line: number, differences: Partial<Row> = {}): Row {
  const outcome = differences.outcome ?? "correct";
  const came = outcome === "correct" || outcome === "incorrect";
  const grade = outcome === "correct" ? "Correct" : "Incorrect";
  return {
    line,
    outcome,
    inputs: {},
    outputs: came ? { answer: "A" } : null,
    grade: came ? grade : null,
    error: came ? null : "boom",
    evaluation: came ? { grade } : null,
    latencyMs: null,
    tokens: null,
    ...differences,
  };
}

/** Rows 0, 1, … with these outcomes: `c` correct, `i` incorrect, `r` runError, `e` evalError, `m` missing. */
export function rowsOf(outcomes: string, differences: Partial<Row> = {}): Row[] {
  const named: Readonly<Record<string, RowOutcome>> = {
    c: "correct",
    i: "incorrect",
    r: "runError",
    e: "evalError",
    m: "missing",
  };
  return [...outcomes].map((letter, line) =>
    aRow(line, { ...differences, outcome: named[letter] ?? "missing" }),
  );
}

export function withInputs(rows: readonly Row[], inputs: (line: number) => Row["inputs"]): Row[] {
  return rows.map((row) => ({ ...row, inputs: inputs(row.line) }));
}

interface Measured {
  /** Rows of the baseline, by their line. */
  readonly before?: readonly Row[];
  readonly baseline?: Baseline | null;
  readonly finite?: Readonly<Record<string, number>>;
  readonly malformed?: LoggedMetrics["malformed"];
  readonly troubles?: RowTally["troubles"];
}

/** What the gate says of these rows; accuracy is logged unless a test says otherwise. */
export function verdictOn(
  gate: z.input<typeof GatePolicy>,
  rows: readonly Row[],
  { before, baseline, finite = {}, malformed = {}, troubles = [] }: Measured = {},
): Verdict {
  const policy = GatePolicy.parse(gate);
  const serving = before === undefined ? null : { deployment: "fg-1", logged: {} };
  const meter = new Meter(policy, baseline ?? serving);
  for (const row of rows) meter.add(row, before?.[row.line]);
  const right = rows.filter(({ outcome }) => outcome === "correct").length;
  const accuracy = rows.length === 0 ? 0 : right / rows.length;
  const { tally, ...evidence } = meter.evidence({ finite: { accuracy, ...finite }, malformed });
  return judge(policy, { ...evidence, tally: { ...tally, troubles } }).verdict;
}

/** What the gate says of several variants, each on one dataset or more: their rows by name. `paired` is what the rows of the two best say. */
export function verdictOver(
  gate: z.input<typeof GatePolicy>,
  variants: Readonly<Record<string, Readonly<Record<string, string>>>>,
  paired: PairedCounts | null = null,
): Verdict {
  const cells = Object.entries(variants).flatMap(([variant, datasets]) =>
    Object.entries(datasets).map(([dataset, outcomes]) => {
      const verdict = verdictOn(gate, rowsOf(outcomes));
      return { variant, dataset, judgement: { verdict, code: null, node: null } };
    }),
  );
  return settle(cells, GatePolicy.parse(gate), paired).verdict;
}
