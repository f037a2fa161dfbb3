import type { Row, RowOutcome } from "#domain/pipeline.ts";
import type { Baseline } from "./baseline-meter.ts";
import type { Evidence, LoggedMetrics } from "./evidence.ts";
import { judge } from "./judge.ts";
import { Meter } from "./meter.ts";
import { ACCURACY, type GatePolicy } from "./policy.ts";
import { attemptsOf, outcomeAfter } from "./row-outcome.ts";

interface End {
  readonly outcome: RowOutcome;
  readonly meter: Meter;
}

/** Meters a run after each repeat, and knows when no further one can change the verdict. */
export class RepeatMeter {
  readonly #policy: GatePolicy;
  readonly #now: Meter;
  /** As if every repeat that is still to come were right, wrong, or failed. */
  readonly #ends: readonly End[];

  constructor(policy: GatePolicy, baseline: Baseline | null) {
    this.#policy = policy;
    this.#now = new Meter(policy, baseline);
    const outcomes = policy.repeats === 1 ? [] : (["correct", "incorrect", "runError"] as const);
    this.#ends = outcomes.map((outcome) => ({ outcome, meter: new Meter(policy, baseline) }));
  }

  add(row: Row, before?: Row): void {
    this.#now.add(row, before);
    const made = attemptsOf(row);
    const left = Math.max(0, this.#policy.repeats - made.length);
    for (const { outcome, meter } of this.#ends) {
      const all = [...made, ...Array.from({ length: left }, () => ({ outcome }))];
      meter.add({ ...row, outcome: outcomeAfter(all, this.#policy) }, before);
    }
  }

  /** `isSettled`: whatever further repeats bring, the outcome of the verdict stays. */
  read(logged: LoggedMetrics): { readonly evidence: Evidence; readonly isSettled: boolean } {
    const evidence = this.#now.evidence(logged);
    const isSettled = evidence.repeats >= this.#policy.repeats || this.#cannotChange(logged);
    return { evidence, isSettled };
  }

  /** Metrics other than the count of right rows may become anything, so with them only what fails by its rows is settled. */
  #cannotChange(logged: LoggedMetrics): boolean {
    const judged = this.#policy.metrics.filter(({ reportOnly }) => !reportOnly);
    const byRows = judged.filter(({ name }) => name === ACCURACY);
    // Between two ends that are both out of its bounds it may lie within them.
    if (byRows.some(({ max = 1 }) => max < 1)) return false;
    const policy = { ...this.#policy, metrics: byRows };
    const outcomes = this.#ends.map(
      ({ meter }) => judge(policy, meter.evidence(logged)).verdict.outcome,
    );
    const [first] = outcomes;
    const isOne = outcomes.every((outcome) => outcome === first);
    return isOne && (byRows.length === judged.length || first === "failed");
  }
}
