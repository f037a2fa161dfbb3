import type { SliceVerdict } from "#domain/pipeline.ts";
import type { Comparison, RowTally } from "./evidence.ts";
import type { MetricRule, SliceRule } from "./policy.ts";
import type { Doubt, RuleOutcome } from "./ruling.ts";
import type { Interval } from "./statistics/interval.ts";

// Every sentence that a verdict can say. Rows are named by their line, from 0, as everywhere else.

interface Open {
  readonly interval: Interval | undefined;
  /** Why it is open although the interval does not include a bound. */
  readonly doubt: Doubt | undefined;
  /** How many rows it is about. */
  readonly rows: number;
}

interface Bounded extends Open {
  readonly name: string;
  readonly value: number;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly outcome: RuleOutcome;
  /** Given where the figure is a share of the rows. */
  readonly tally: RowTally | undefined;
}

/** The sentence about a metric and its bounds. */
export function boundedSentence(figure: Bounded): string {
  const { name, value, min, max, outcome, tally } = figure;
  const bounds = [min, max].filter((bound) => bound !== undefined);
  const over = tally === undefined ? "" : ` over ${overRows(tally)}`;
  const what = `${name} is ${shown(value, bounds)}${over}`;
  switch (outcome) {
    case "unjudged":
      return `${what}, only reported`;
    case "open":
      return `${what}, not decided: ${openReason(figure)}`;
    case "holds":
      return `${what}, ${held(min, max)}`;
    case "fails":
      return max !== undefined && value > max ? `${what}, above ${max}` : `${what}, below ${min}`;
  }
}

function openReason({ interval, doubt, rows }: Open): string {
  if (interval === undefined) return "no interval is known for it";
  switch (doubt) {
    case "rareRows":
      return `${rows} rows do not rule out rare rows far from the others`;
    case "chance":
      return `over ${count(rows, "row")}, a flow exactly at the bound comes out so too often by chance`;
    case undefined:
      return `the interval ${shown(interval.low)} to ${shown(interval.high)} includes the bound`;
  }
}

function held(min: number | undefined, max: number | undefined): string {
  return [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
  ].join(" and ");
}

function overRows({
  expected,
  correct,
  incorrect,
  runError,
  evalError,
  missing,
}: RowTally): string {
  const failed = runError + evalError;
  const parts = [
    `${correct} right`,
    `${incorrect} wrong`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(missing > 0 ? [`${missing} missing`] : []),
  ];
  return `${count(expected, "row")} (${parts.join(", ")})`;
}

// --- no figure --------------------------------------------------------------------------------------

export function notLogged(name: string): string {
  return `${name} was not logged by the evaluation run`;
}

/** Metric names that fit in a sentence. */
const MAX_NAMES = 10;

export function loggedInstead(names: readonly string[]): string {
  const some = names.slice(0, MAX_NAMES).join(", ");
  return `the evaluation run logged ${some}; name that in gate.metrics, or log what stands there in an aggregation node (log_metric)`;
}

export function malformedMetric(name: string, text: string): string {
  return `${name} was logged as ${text}, which is no finite number`;
}

export function notCounted(name: string): string {
  return `${name} cannot be counted: no row of the evaluation run has the output that gate.correct names`;
}

export function notReported(name: string): string {
  return `${name} is not known: the base run did not report it for every row that it answered`;
}

export function onlyReported(problem: string): string {
  return `${problem} (only reported, so nothing depends on it)`;
}

/** Why the rows themselves are the problem. */
export function failedRows(failed: number, maxErrorRate: number, tally: RowTally): string {
  const { firstError } = tally;
  const first = firstError === null ? "" : `; the first is ${describeRow(firstError)}`;
  return `${failed} of ${tally.expected} rows failed, more than the ${percent(maxErrorRate)} that maxErrorRate allows${first}`;
}

function describeRow({ line, node, type }: NonNullable<RowTally["firstError"]>): string {
  const where = node === null ? "" : ` in node ${node}`;
  return `row ${line}${where}${type === null ? "" : ` (${type})`}`;
}

// --- what was logged, beside what was counted -----------------------------------------------------

export function loggedOverSame(name: string, reported: number): string {
  return `warning: the evaluation run logged ${name} ${shown(reported)} over the same rows; gate.correct may not name what it calls right`;
}

export function loggedOverOthers(
  name: string,
  reported: number,
  survivors: number,
  expected: number,
): string {
  return `warning: the evaluation run logged ${name} ${shown(reported)} over the ${survivors} rows that reached it; the gate counts all ${expected}`;
}

export function rowsDiffer(name: string, logged: number, mean: number): string {
  return `warning: the evaluation run logged ${name} ${shown(logged)}, the mean of its rows' ${name} is ${shown(mean)}: no interval is known for it`;
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

// --- rows -----------------------------------------------------------------------------------------

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

export function wantedInSlice(slice: SliceVerdict, wanted: number): string {
  const { by, rows, correct } = slice;
  return `what next: ${wanted} of the ${count(rows, "row")} where ${by} is ${quoted(slice)} ${haveToBeRight(wanted, correct)}`;
}

function haveToBeRight(wanted: number, correct: number): string {
  return `${wanted === 1 ? "has" : "have"} to be right, ${wanted - correct} more than now`;
}

export function allGolden(): string {
  return "what next: every golden row has to be right";
}

export function bringWithin({ name, min, max }: MetricRule): string {
  return `what next: bring ${name} to ${held(min, max)}`;
}

export function bringBack(name: string, maxDrop: number, deployment: string): string {
  return `what next: bring ${name} to no more than ${maxDrop} below that of ${deployment}`;
}

export function mendRows(): string {
  return "what next: mend what fails in these rows, or allow more of them with gate.maxErrorRate";
}

export function logIt(name: string): string {
  return `what next: let the evaluation flow log a finite number as ${name}, with log_metric`;
}

export function nameOutput(): string {
  return "what next: let gate.correct name an output of the evaluation flow";
}

export function leaveOut(name: string): string {
  return `what next: take ${name} out of gate.metrics, or run where it is reported`;
}

export function nameGolden(): string {
  return "what next: mark the golden rows in the dataset, or take gate.golden out";
}

export function nameColumn(): string {
  return "what next: let gate.slices name a column of the dataset";
}

export function fewValues(): string {
  return "what next: let gate.slices name a column with few values";
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

export function noGolden(reference: string): string {
  return `no row of the dataset has ${reference} true, so gate.golden asks for nothing`;
}

export function unknownColumn(reference: string, key: string): string {
  return `no row of the dataset has ${reference}, which gate.${key} names`;
}

export function flakyRows(lines: readonly number[], all: number, repeats: number): string {
  return `${count(all, "row")} did not come out alike in ${repeats} repeats: ${rowList(lines, all)}`;
}

export function stoppedEarly(made: number, repeats: number): string {
  return `judged on ${count(made, "repeat")} of the ${repeats} that the gate asks for`;
}

// --- slices ---------------------------------------------------------------------------------------

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

function quoted({ value }: SliceVerdict): string {
  return value === null ? "not there" : `"${value}"`;
}

// --- against the baseline -------------------------------------------------------------------------

interface Dropped extends Open {
  readonly name: string;
  readonly drop: number;
  readonly maxDrop: number;
  readonly outcome: RuleOutcome;
  readonly deployment: string;
}

export function dropSentence(figure: Dropped): string {
  const { name, drop, maxDrop, interval, doubt, outcome, deployment } = figure;
  const how = drop < 0 ? `${shown(-drop)} above` : `${shown(drop, [maxDrop])} below`;
  const what =
    drop === 0 ? `${name} equals that of ${deployment}` : `${name} is ${how} that of ${deployment}`;
  switch (outcome) {
    case "unjudged":
      return `${what}, only reported`;
    case "open":
      return `${what}, not decided: ${interval === undefined || doubt !== undefined ? openReason(figure) : `the interval of the drop, ${shown(interval.low)} to ${shown(interval.high)}, includes ${maxDrop}`}`;
    case "holds":
      return drop > 0 ? `${what}, a drop of at most ${maxDrop}` : what;
    case "fails":
      return `${what}, a drop of more than ${maxDrop}`;
  }
}

export function brokenRows({ broken, newlyBroken, fixed }: Comparison): readonly string[] {
  if (broken === 0) return [];
  const better = fixed === 0 ? "" : `; ${fixed} ${fixed === 1 ? "is" : "are"} newly right`;
  return [`newly broken: ${rowList(newlyBroken, broken)}${better}`];
}

export function noBaseline(name: string, why: string): string {
  return `${name} is not compared with what serves today: ${why}`;
}

export function notInBaseline(name: string, deployment: string): string {
  return `${name} is not compared with what serves today: ${deployment} was evaluated without it`;
}

// --- variants -------------------------------------------------------------------------------------

export function notDistinguishable(winner: string, other: string, name: string): string {
  return `${winner} and ${other} are not distinguishable by ${name}: the intervals overlap; ${winner} comes first by its figure, or by its place on a tie`;
}

// --- words ----------------------------------------------------------------------------------------

const LISTED = 10;

function rowList(lines: readonly number[], all: number): string {
  const listed = lines.slice(0, LISTED);
  const rest = all - listed.length;
  const named = rest > 0 ? `${listed.join(", ")} and ${rest} more` : and(listed);
  return `${all === 1 ? "row" : "rows"} ${named}`;
}

function and(lines: readonly number[]): string {
  return lines.length < 2 ? lines.join("") : `${lines.slice(0, -1).join(", ")} and ${lines.at(-1)}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** Three decimals, and more where three would make the figure look equal to a bound that it misses. */
export function shown(value: number, bounds: readonly number[] = []): string {
  for (let digits = 3; digits < 15; digits += 1) {
    const rounded = Number(value.toFixed(digits));
    if (rounded === value || !bounds.includes(rounded)) return String(rounded);
  }
  return String(value);
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}
