import { badEndsOf } from "./bad-ends.ts";
import type { Call } from "./fault-calls.ts";
import { lasting, passing } from "./fault-kinds.ts";
import { type Injection, injectionAt } from "./injections.ts";
import type { Scenario } from "./world.ts";

const MOST = 4;
/** So many of ten are a thing that ends badly, so that what follows it meets a fault too. */
const BAD_ENDS_OF_TEN = 2;
const KINDS = [...passing, ...lasting];

/** The same for the same seed: two to four faults for one pipeline, any kind at any time of any call. */
export function randomFaults(
  scenario: Scenario,
  calls: readonly Call[],
  seed: string,
): readonly Injection[] {
  const below = dice(seed);
  const pick = <Item>(items: readonly Item[]) => items[below(items.length)];
  const count = 2 + below(MOST - 1);
  return Array.from({ length: count }, () => {
    if (below(10) < BAD_ENDS_OF_TEN) return pick(badEndsOf(scenario));
    const call = pick(calls);
    if (call === undefined) return undefined;
    const kind = pick(KINDS.filter(({ appliesTo }) => appliesTo(call)));
    return kind && injectionAt(call, kind, below(call.count));
  }).filter((injection) => injection !== undefined);
}

/** Whole numbers from 0 on, below what is asked for: Mulberry32 over a hash of the seed. */
function dice(seed: string): (limit: number) => number {
  let state = 0;
  for (const char of seed) state = (Math.imul(state, 31) + char.charCodeAt(0)) | 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
