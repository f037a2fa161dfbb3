import type { LoggedMetrics } from "./gate/evidence.ts";

/** What repeats of a run logged, as one: means of what all of them logged. Malformed in one is malformed; missing in one is missing. */
export function meanMetrics(rounds: readonly LoggedMetrics[]): LoggedMetrics {
  const malformed = Object.assign({}, ...rounds.map((round) => round.malformed).toReversed());
  const names = new Set(rounds.flatMap(({ finite }) => Object.keys(finite)));
  const means = [...names].flatMap((name) => {
    const values = rounds.flatMap(({ finite }) =>
      Object.hasOwn(finite, name) ? [finite[name] ?? 0] : [],
    );
    const isWhole = values.length === rounds.length && !Object.hasOwn(malformed, name);
    return isWhole ? [[name, meanOf(values)] as const] : [];
  });
  return { finite: Object.fromEntries(means), malformed };
}

/** Three times 0.6 is 0.6 on average, not a hair less. */
function meanOf([first = 0, ...others]: readonly number[]): number {
  const differences = others.reduce((sum, value) => sum + (value - first), 0);
  return first + differences / (others.length + 1);
}
