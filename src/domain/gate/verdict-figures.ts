import { MAX_ITEMS } from "#domain/document-limits.ts";
import type { MetricVerdict, RowCounts, SliceVerdict, Verdict } from "#domain/pipeline.ts";
import type { Evidence, RowTally } from "./evidence.ts";
import type { GatePolicy } from "./policy.ts";
import type { Ruling } from "./ruling.ts";
import { mcnemar } from "./statistics/paired.ts";

/** A verdict but for its outcome and what it says. */
export type Figures = Omit<Verdict, "outcome" | "reasons">;

/** What a rule says of the metric of that name. */
export interface NamedRuling {
  readonly name: string;
  readonly ruling: Ruling;
  readonly metric: MetricVerdict;
}

export function figuresOf(
  policy: GatePolicy,
  evidence: Evidence,
  metrics: readonly NamedRuling[],
  slices: readonly SliceVerdict[],
): Figures {
  return {
    metrics: mergeByName(metrics),
    rows: countRows(evidence.tally),
    ...details(policy, evidence),
    ...(slices.length > 0 ? { slices: slices.slice(0, MAX_ITEMS) } : {}),
  };
}

/** Entries of one name share a line of the verdict: all their bounds, and right only if all hold. */
function mergeByName(judged: readonly NamedRuling[]): Record<string, MetricVerdict> {
  const merged = new Map<string, MetricVerdict>();
  for (const { name, metric } of judged) {
    const before = merged.get(name);
    merged.set(name, before ? { ...before, ...metric, ok: before.ok && metric.ok } : metric);
  }
  return Object.fromEntries(merged);
}

function countRows(tally: RowTally): RowCounts {
  const { expected, correct, incorrect, runError, evalError, missing } = tally;
  return { expected, correct, incorrect, failed: runError + evalError, missing };
}

/** What is shown besides, where the gate asks for it. */
function details({ golden, repeats }: GatePolicy, evidence: Evidence): Partial<Verdict> {
  const { baseline } = evidence;
  const compared = baseline !== null && !("none" in baseline) ? baseline : undefined;
  return {
    ...(golden === undefined || evidence.golden === null
      ? {}
      : { golden: { rows: evidence.golden.rows, wrong: [...evidence.golden.wrong] } }),
    ...(repeats > 1 ? { flaky: [...evidence.flaky] } : {}),
    ...(compared === undefined
      ? {}
      : {
          baseline: {
            deployment: compared.deployment,
            rows: compared.rows,
            newlyBroken: [...compared.newlyBroken],
            newlyFixed: [...compared.newlyFixed],
            pValue: mcnemar(compared),
          },
        }),
  };
}
