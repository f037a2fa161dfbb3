import type { Row } from "#domain/pipeline.ts";
import { type Baseline, BaselineMeter } from "./baseline-meter.ts";
import type { Evidence, LoggedMetrics, RowTally } from "./evidence.ts";
import { LineList } from "./line-list.ts";
import { ACCURACY, cellOf, type GatePolicy } from "./policy.ts";
import { attemptsOf, isGraded, metricOf } from "./row-outcome.ts";
import { SliceMeter } from "./slice-meter.ts";
import { NO_VALUES, type Spread, withValue } from "./statistics/spread.ts";
import { isUsageMetric, UsageMeter } from "./usage.ts";

/** Counts rows, one at a time, in any order; what it keeps does not grow with them. */
export class Meter {
  readonly #policy: GatePolicy;
  readonly #tally: { -readonly [Key in keyof RowTally]: RowTally[Key] } = emptyTally();
  readonly #spreads: Map<string, Spread>;
  readonly #usage = new UsageMeter();
  readonly #slices: readonly SliceMeter[];
  readonly #golden = new LineList();
  #goldenRows = 0;
  readonly #wrong = new LineList();
  readonly #flaky = new LineList();
  #repeats = 1;
  readonly #comparison: BaselineMeter | { readonly none: string } | null;

  /** `baseline` is null where the gate asks for none. */
  constructor(policy: GatePolicy, baseline: Baseline | null) {
    const logged = policy.metrics.map(({ name }) => name).filter(isLogged);
    this.#policy = policy;
    this.#spreads = new Map(logged.map((name) => [name, NO_VALUES]));
    const columns = new Set(policy.slices.map(({ by }) => by));
    this.#slices = [...columns].map((by) => new SliceMeter(by));
    this.#comparison =
      baseline === null || "none" in baseline ? baseline : new BaselineMeter(baseline, logged);
  }

  /** `before` is the row of the baseline on the same line. */
  add(row: Row, before?: Row): void {
    const isRight = row.outcome === "correct";
    this.#count(row);
    for (const attempt of attemptsOf(row)) this.#usage.add(attempt);
    for (const [name, spread] of this.#spreads) {
      const value = metricOf(row, name);
      if (value !== undefined) this.#spreads.set(name, withValue(spread, value));
    }
    for (const slices of this.#slices) slices.add(row, isRight);
    if (this.#isGolden(row)) {
      this.#goldenRows += 1;
      if (!isRight) this.#golden.add(row.line);
    }
    if (!isRight) this.#wrong.add(row.line);
    if (isFlaky(row)) this.#flaky.add(row.line);
    if (this.#comparison instanceof BaselineMeter) this.#comparison.add(row, before);
  }

  evidence(logged: LoggedMetrics): Evidence {
    const named = this.#policy.metrics.map(({ name }) => name);
    const usage = named.flatMap((name) => {
      const value = isUsageMetric(name) ? this.#usage.read(name) : undefined;
      return value === undefined ? [] : [[name, value] as const];
    });
    const comparison = this.#comparison;
    return {
      tally: { ...this.#tally },
      logged,
      spreads: Object.fromEntries([...this.#spreads].filter(([, { count }]) => count > 0)),
      usage: Object.fromEntries(usage),
      slices: this.#slices.flatMap((slices) => slices.counts()),
      tooManySlices: this.#slices.filter(({ isFull }) => isFull).map(({ by }) => by),
      golden:
        this.#policy.golden === undefined
          ? null
          : {
              rows: this.#goldenRows,
              wrong: this.#golden.first(),
              wrongRows: this.#golden.count,
            },
      wrong: this.#wrong.first(),
      repeats: this.#repeats,
      flaky: this.#flaky.first(),
      flakyRows: this.#flaky.count,
      baseline: comparison instanceof BaselineMeter ? comparison.read() : comparison,
    };
  }

  #count(row: Row): void {
    const { line, outcome, node = null, errorType = null } = row;
    const tally = this.#tally;
    tally.expected += 1;
    tally[outcome] += 1;
    if (isGraded(row, this.#policy.correct)) tally.graded += 1;
    this.#repeats = Math.max(this.#repeats, attemptsOf(row).length);
    const isFailure = outcome === "runError" || outcome === "evalError";
    if (isFailure && !(tally.firstError && tally.firstError.line <= line)) {
      tally.firstError = { line, node, type: errorType };
    }
  }

  #isGolden({ inputs }: Row): boolean {
    const { golden } = this.#policy;
    return golden !== undefined && isTrue(cellOf(inputs, golden));
  }
}

function emptyTally(): RowTally {
  return {
    expected: 0,
    correct: 0,
    incorrect: 0,
    runError: 0,
    evalError: 0,
    missing: 0,
    graded: 0,
    firstError: null,
    troubles: [],
  };
}

function isLogged(name: string): boolean {
  return name !== ACCURACY && !isUsageMetric(name);
}

/** Datasets without types, such as CSV, have it as text. */
function isTrue(value: unknown): boolean {
  return value === true || (typeof value === "string" && /^true$/i.test(value.trim()));
}

function isFlaky(row: Row): boolean {
  const right = new Set(attemptsOf(row).map(({ outcome }) => outcome === "correct"));
  return right.size > 1;
}
