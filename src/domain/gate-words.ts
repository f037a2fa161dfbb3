import type { Interval } from "./interval.ts";
import type { RowTally } from "./steps.ts";

/** How a rule came out: it holds, fails, is open (the interval includes its bound), or is only reported. */
export type RuleOutcome = "holds" | "fails" | "open" | "unjudged";

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly outcome: RuleOutcome;
  readonly interval: Interval | undefined;
  /** Given where the figure is a share of the rows. */
  readonly tally: RowTally | undefined;
}

export function notLogged(name: string): string {
  return `${name} was not logged by the evaluation run`;
}

/** Metric names that fit in a sentence. */
const MAX_NAMES = 10;

export function loggedInstead(names: readonly string[]): string {
  const some = names.slice(0, MAX_NAMES).join(", ");
  return `the evaluation run logged ${some}; name that in gate.metrics, or log what stands there in an aggregation node (log_metric)`;
}

export function tooFewRows(expected: number, minRows: number): string {
  const rows = expected === 1 ? "1 row is" : `${expected} rows are`;
  return `${rows} too few: the gate asks for ${minRows}`;
}

/** The sentence about one rule of the gate. */
export function sentence(figure: Figure): string {
  const { name, value, min, max, outcome, interval, tally } = figure;
  const bounds = [min, max].filter((bound) => bound !== undefined);
  const over = tally === undefined ? "" : ` over ${overRows(tally)}`;
  const what = `${name} is ${shown(value, bounds)}${over}`;
  switch (outcome) {
    case "unjudged":
      return `${what}, only reported`;
    case "open":
      return `${what}, not decided: ${openReason(interval)}`;
    case "holds":
      return `${what}, ${held(min, max)}`;
    case "fails":
      return max !== undefined && value > max ? `${what}, above ${max}` : `${what}, below ${min}`;
  }
}

function openReason(interval: Interval | undefined): string {
  return interval === undefined
    ? "no interval is known for it"
    : `the interval ${shown(interval.low)} to ${shown(interval.high)} includes the bound`;
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
  return `${expected} ${expected === 1 ? "row" : "rows"} (${parts.join(", ")})`;
}

/** Three decimals, and more where three would make the figure look equal to a bound that it misses. */
export function shown(value: number, bounds: readonly number[] = []): string {
  for (let digits = 3; digits < 15; digits += 1) {
    const rounded = Number(value.toFixed(digits));
    if (rounded === value || !bounds.includes(rounded)) return String(rounded);
  }
  return String(value);
}

/** What a run said of itself that its lines do not show. */
export function troubled({
  run,
  claimed,
  shown,
  node,
  type,
}: RowTally["troubles"][number]): string {
  const where = node === null ? "" : ` in node ${node}`;
  const beside = `the ${run} run completed with an error${where}${type === null ? "" : ` (${type})`}`;
  if (claimed <= shown) return `warning: ${beside}, which is none of its lines'`;
  const lines = claimed === 1 ? "1 of its lines" : `${claimed} of its lines`;
  return `warning: the ${run} run says that ${lines} failed, and ${shown} show it; the gate counts ${claimed}`;
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

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}
