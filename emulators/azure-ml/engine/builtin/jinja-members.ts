import { callMethod, hasMethod } from "./jinja-methods.ts";
import { isDict, pythonStr } from "./python-values.ts";

/**
 * `owner.key`, or `owner[key]` when computed: the first prefers a method, the second an item.
 * Undefined for a miss, and for dunder names, which the sandbox hides.
 */
export function readMember(owner: unknown, key: unknown, computed: boolean): unknown {
  if (typeof key === "string" && key.startsWith("__")) return undefined;
  const item = readItem(owner, key);
  if (computed && item !== undefined) return item;
  if (typeof key !== "string" || !hasMethod(owner, key)) return item;
  return (args: readonly unknown[]) => callMethod(owner, key, args);
}

function readItem(owner: unknown, key: unknown): unknown {
  if (isDict(owner))
    return Object.hasOwn(owner, pythonStr(key)) ? owner[pythonStr(key)] : undefined;
  const isIndexed = Array.isArray(owner) || typeof owner === "string";
  return isIndexed && typeof key === "number" ? owner.at(key) : undefined;
}

/** `items[start:stop:step]`. */
export function pickSlice(
  items: readonly unknown[],
  start: number | undefined,
  stop: number | undefined,
  step: number,
): unknown[] {
  if (step > 0) return items.slice(start ?? 0, stop).filter((_, index) => index % step === 0);
  if (step === 0) throw new Error("slice step cannot be zero");
  const from = start === undefined ? items.length - 1 : start < 0 ? start + items.length : start;
  const to = stop === undefined ? -1 : stop < 0 ? stop + items.length : stop;
  const picked: unknown[] = [];
  for (let index = Math.min(from, items.length - 1); index > to; index += step)
    picked.push(items[index]);
  return picked;
}
