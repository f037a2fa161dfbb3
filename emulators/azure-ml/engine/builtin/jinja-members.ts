import { callMethod, hasMethod } from "./jinja-methods.ts";
import { isDict, pythonStr } from "./python-values.ts";

/** Undefined for a miss, like jinja2. */
export function readMember(owner: unknown, key: unknown): unknown {
  if (isDict(owner) && Object.hasOwn(owner, pythonStr(key))) return owner[pythonStr(key)];
  if (typeof key === "number" && (Array.isArray(owner) || typeof owner === "string")) {
    return owner.at(key);
  }
  if (typeof key !== "string" || !hasMethod(owner, key)) return undefined;
  return (args: readonly unknown[]) => callMethod(owner, key, args);
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
