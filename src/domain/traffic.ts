/** Deployment → percent; whole numbers that sum to 100, or nothing at all. */
export type Traffic = Readonly<Record<string, number>>;

const WHOLE = 100;

/**
 * The map in which `candidate` has `percent` and what served before shares the rest as it did.
 * What cannot be shared evenly goes to those that lost most by rounding; where nothing else served, the candidate has it all.
 */
export function trafficStep(stable: Traffic, candidate: string, percent: number): Traffic {
  const others = Object.entries(stable).filter(([name, share]) => name !== candidate && share > 0);
  if (others.length === 0) return { [candidate]: WHOLE };
  const rest = shareOut(WHOLE - percent, others);
  return Object.fromEntries(
    [...rest, [candidate, percent] as const].filter(([, share]) => share > 0),
  );
}

/** Largest remainders first, then by name: the same input gives the same map on every replay. */
function shareOut(
  total: number,
  weights: readonly (readonly [string, number])[],
): (readonly [string, number])[] {
  const sum = weights.reduce((before, [, weight]) => before + weight, 0);
  const exact = weights.map(([name, weight]) => ({ name, share: (total * weight) / sum }));
  const left = total - exact.reduce((before, { share }) => before + Math.floor(share), 0);
  const lucky = exact
    .toSorted((a, b) => (b.share % 1) - (a.share % 1) || (a.name < b.name ? -1 : 1))
    .slice(0, left);
  return exact.map((one) => [one.name, Math.floor(one.share) + (lucky.includes(one) ? 1 : 0)]);
}

/** The exact earlier map, without entries that served nothing; a candidate that stays gets none. */
export function restoredTraffic(stable: Traffic): Traffic {
  return Object.fromEntries(Object.entries(stable).filter(([, share]) => share > 0));
}

/** Whether both say the same; a deployment that is not named has nothing. */
export function sameTraffic(one: Traffic, other: Traffic): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => (one[name] ?? 0) === (other[name] ?? 0));
}

/** What is wrong with a map that is about to be set, in a sentence; undefined when nothing is. */
export function trafficProblem(traffic: Traffic, known: readonly string[]): string | undefined {
  const entries = Object.entries(traffic);
  const odd = entries.find(([, share]) => !Number.isInteger(share) || share < 0);
  if (odd) return `${odd[0]} has ${odd[1]} %, which is no whole number from 0 to 100`;
  const sum = entries.reduce((before, [, share]) => before + share, 0);
  if (sum !== WHOLE && entries.length > 0) return `it sums to ${sum} %, not to 100`;
  const unknown = entries.find(([name]) => !known.includes(name));
  return unknown && `${unknown[0]} is no deployment of the endpoint`;
}

/**
 * Which deployments to remove once `serving` has all traffic: all others but the `keep` newest.
 * `deployments` are ours, oldest first.
 */
export function deploymentsToRetire(
  deployments: readonly string[],
  serving: string,
  keep: number,
): readonly string[] {
  const others = deployments.filter((name) => name !== serving);
  return others.slice(0, Math.max(others.length - keep, 0));
}
