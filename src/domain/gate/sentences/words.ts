import type { Doubt } from "#domain/gate/ruling.ts";
import type { Interval } from "#domain/gate/statistics/interval.ts";

// Words that the sentences share.

export interface Open {
  readonly interval: Interval | undefined;
  /** Why it is open although the interval does not include a bound. */
  readonly doubt: Doubt | undefined;
  /** How many rows it is about. */
  readonly rows: number;
}

export function openReason({ interval, doubt, rows }: Open): string {
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

export function haveToBeRight(wanted: number, correct: number): string {
  return `${wanted === 1 ? "has" : "have"} to be right, ${wanted - correct} more than now`;
}

const LISTED = 10;

export function rowList(lines: readonly number[], all: number): string {
  const listed = lines.slice(0, LISTED);
  const rest = all - listed.length;
  const named = rest > 0 ? `${listed.join(", ")} and ${rest} more` : and(listed);
  return `${all === 1 ? "row" : "rows"} ${named}`;
}

function and(lines: readonly number[]): string {
  return lines.length < 2 ? lines.join("") : `${lines.slice(0, -1).join(", ")} and ${lines.at(-1)}`;
}

export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** Three decimals, and more where three would make the figure look equal to a bound that it misses. */
export function shown(value: number, bounds: readonly (number | undefined)[] = []): string {
  for (let digits = 3; digits < 15; digits += 1) {
    const rounded = Number(value.toFixed(digits));
    if (rounded === value || !bounds.includes(rounded)) return String(rounded);
  }
  return String(value);
}
