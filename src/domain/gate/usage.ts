import type { Attempt } from "#domain/pipeline.ts";

/** What a run reports of one line, besides its outputs. */
export interface LineUsage {
  /** Null where the run does not say. */
  readonly latencyMs: number | null;
  readonly tokens: number | null;
}

type Measure = (values: Values) => number;

const LATENCY: Readonly<Record<string, Measure>> = {
  latencyMeanMs: (values) => values.mean(),
  latencyP50Ms: (values) => values.quantile(0.5),
  latencyP90Ms: (values) => values.quantile(0.9),
  latencyP95Ms: (values) => values.quantile(0.95),
  latencyP99Ms: (values) => values.quantile(0.99),
  latencyMaxMs: (values) => values.quantile(1),
};

const TOKENS: Readonly<Record<string, Measure>> = {
  tokensTotal: (values) => values.sum(),
  tokensMean: (values) => values.mean(),
  tokensP95: (values) => values.quantile(0.95),
  tokensMax: (values) => values.quantile(1),
};

/** Metrics that come from the base run itself and need no log. */
const USAGE_METRICS = [...Object.keys(LATENCY), ...Object.keys(TOKENS)];

export function isUsageMetric(name: string): boolean {
  return USAGE_METRICS.includes(name);
}

/** Of several reports of one line, so that it does not matter which came first. */
export function mostOf(usages: readonly LineUsage[]): LineUsage {
  const most = (values: readonly (number | null)[]) => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  };
  return {
    latencyMs: most(usages.map(({ latencyMs }) => latencyMs)),
    tokens: most(usages.map(({ tokens }) => tokens)),
  };
}

/**
 * Latency and tokens of all rows. Kept as counts of whole milliseconds and tokens, so that memory follows how far they spread and
 * not how many rows there are.
 */
export class UsageMeter {
  readonly #latency = new Values();
  readonly #tokens = new Values();

  add({ outcome, latencyMs = null, tokens = null }: Attempt): void {
    const isAnswered = outcome === "correct" || outcome === "incorrect";
    this.#latency.add(latencyMs, isAnswered);
    this.#tokens.add(tokens, isAnswered);
  }

  /** Undefined where a row that came through does not have it: what is left would say nothing about all of them. */
  read(name: string): number | undefined {
    const [measure, values] = Object.hasOwn(LATENCY, name)
      ? [LATENCY[name], this.#latency]
      : [TOKENS[name], this.#tokens];
    return values.isComplete ? measure?.(values) : undefined;
  }
}

class Values {
  count = 0;
  #gaps = 0;
  readonly #counts = new Map<number, number>();

  get isComplete(): boolean {
    return this.count > 0 && this.#gaps === 0;
  }

  /** What a run that failed does not say is no gap. */
  add(value: number | null, isNeeded: boolean): void {
    if (value === null || !Number.isFinite(value)) {
      if (isNeeded) this.#gaps += 1;
      return;
    }
    const whole = Math.ceil(value);
    this.count += 1;
    this.#counts.set(whole, (this.#counts.get(whole) ?? 0) + 1);
  }

  sum(): number {
    let sum = 0;
    for (const [value, count] of this.#counts) sum += value * count;
    return sum;
  }

  mean(): number {
    return this.sum() / this.count;
  }

  /** The smallest value that at least this share of them does not exceed (nearest rank). */
  quantile(share: number): number {
    let rank = Math.ceil(share * this.count);
    const ordered = [...this.#counts].toSorted(([one], [other]) => one - other);
    for (const [value, count] of ordered) {
      rank -= count;
      if (rank <= 0) return value;
    }
    return Number.NaN;
  }
}
