import type { Resource, RunRecord, StepName } from "./pipeline.ts";

/** Which of several runs of a step is meant; empty where it runs once. */
export interface Place {
  readonly variant?: string | undefined;
  readonly dataset?: string | undefined;
}

/**
 * Entries of `next` replace those of the same key, or what `choose` says of the two. In the order of
 * `next` where it knows all of them, else what is new comes last.
 */
export function mergeLists<Item>(
  before: readonly Item[],
  next: readonly Item[],
  keyOf: (item: Item) => string,
  choose: (before: Item, next: Item) => Item,
): Item[] {
  const known = new Map(before.map((item) => [keyOf(item), item]));
  const named = new Set(next.map(keyOf));
  const merged = before.every((item) => named.has(keyOf(item)))
    ? new Map<string, Item>()
    : new Map(known);
  for (const item of next) {
    const key = keyOf(item);
    const earlier = known.get(key);
    merged.set(key, earlier === undefined ? item : choose(earlier, item));
  }
  return [...merged.values()];
}

export function stepKey({ name, variant, dataset }: Place & { name: StepName }): string {
  return JSON.stringify([name, variant ?? null, dataset ?? null]);
}

export function runKey({ variant, dataset }: RunRecord): string {
  return JSON.stringify([variant, dataset ?? null]);
}

export function resourceKey({ kind, name }: Resource): string {
  return `${kind} ${name}`;
}
