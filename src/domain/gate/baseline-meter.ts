import type { Row } from "#domain/pipeline.ts";
import type { Comparison } from "./evidence.ts";
import { LineList } from "./line-list.ts";
import { metricOf } from "./row-outcome.ts";
import { NO_VALUES, type Spread, withValue } from "./statistics/spread.ts";

/** What the rows are compared with: the deployment that serves and what it logged, or why there is none. */
export type Baseline =
  | { readonly deployment: string; readonly logged: Readonly<Record<string, number>> }
  | { readonly none: string };

/** The rows of a baseline beside those of this pipeline. */
export class BaselineMeter {
  readonly #deployment: string;
  readonly #logged: Readonly<Record<string, number>>;
  readonly #differences: Map<string, Spread>;
  readonly #broken = new LineList();
  readonly #fixed = new LineList();
  #rows = 0;
  #unmatched = 0;

  constructor(baseline: Exclude<Baseline, { readonly none: string }>, metrics: readonly string[]) {
    this.#deployment = baseline.deployment;
    this.#logged = Object.fromEntries(
      metrics.flatMap((name) =>
        Object.hasOwn(baseline.logged, name) ? [[name, baseline.logged[name] ?? 0]] : [],
      ),
    );
    this.#differences = new Map(metrics.map((name) => [name, NO_VALUES]));
  }

  add(row: Row, before: Row | undefined): void {
    if (before === undefined) {
      this.#unmatched += 1;
      return;
    }
    this.#rows += 1;
    const [was, is] = [before, row].map(({ outcome }) => outcome === "correct");
    if (was && !is) this.#broken.add(row.line);
    if (!was && is) this.#fixed.add(row.line);
    for (const [name, spread] of this.#differences) {
      const [earlier, now] = [metricOf(before, name), metricOf(row, name)];
      if (earlier === undefined || now === undefined) continue;
      this.#differences.set(name, withValue(spread, earlier - now));
    }
  }

  /** Rows that only one of the two has make the comparison a different one. */
  read(): Comparison | { readonly none: string } {
    if (this.#unmatched > 0) {
      return {
        none: `the stored rows of ${this.#deployment} lack ${this.#unmatched} of the dataset's`,
      };
    }
    return {
      deployment: this.#deployment,
      rows: this.#rows,
      broken: this.#broken.count,
      fixed: this.#fixed.count,
      newlyBroken: this.#broken.first(),
      newlyFixed: this.#fixed.first(),
      logged: this.#logged,
      differences: Object.fromEntries(
        [...this.#differences].filter(([, { count }]) => count === this.#rows && count > 0),
      ),
    };
  }
}
