import { typeName } from "./jinja-values.ts";
import { isDict, PythonTuple, pythonStr } from "./python-values.ts";

type Method<Owner> = (owner: Owner, args: readonly unknown[]) => unknown;

const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();

/** Characters to strip: white space unless given. */
function strip(text: string, characters: unknown, ends: "both" | "left" | "right"): string {
  const set =
    characters === undefined || characters === null ? undefined : new Set(pythonStr(characters));
  const drop = (char: string | undefined) =>
    char !== undefined && (set ? set.has(char) : /\s/.test(char));
  let [start, stop] = [0, text.length];
  if (ends !== "right") while (start < stop && drop(text[start])) start += 1;
  if (ends !== "left") while (stop > start && drop(text[stop - 1])) stop -= 1;
  return text.slice(start, stop);
}

function split(text: string, separator: unknown, limit: unknown): string[] {
  const most = typeof limit === "number" && limit >= 0 ? limit : Number.POSITIVE_INFINITY;
  const byBlanks = separator === undefined || separator === null;
  const glue = byBlanks ? " " : pythonStr(separator);
  const parts = byBlanks ? text.trim().split(/\s+/).filter(Boolean) : text.split(glue);
  return parts.length > most + 1 ? [...parts.slice(0, most), parts.slice(most).join(glue)] : parts;
}

const startsOrEnds = (text: string, what: unknown, test: (text: string, part: string) => boolean) =>
  (Array.isArray(what) ? what : [what]).some((part) => test(text, pythonStr(part)));

const TEXT: Readonly<Record<string, Method<string>>> = {
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  capitalize,
  title: (text) => text.replace(/[a-z]+/gi, capitalize),
  strip: (text, [characters]) => strip(text, characters, "both"),
  lstrip: (text, [characters]) => strip(text, characters, "left"),
  rstrip: (text, [characters]) => strip(text, characters, "right"),
  split: (text, [separator, limit]) => split(text, separator, limit),
  splitlines: (text) => text.replace(/\r?\n$/, "").split(/\r?\n/),
  replace: (text, [from, to]) => text.replaceAll(pythonStr(from), () => pythonStr(to)),
  startswith: (text, [part]) => startsOrEnds(text, part, (whole, start) => whole.startsWith(start)),
  endswith: (text, [part]) => startsOrEnds(text, part, (whole, end) => whole.endsWith(end)),
  find: (text, [part]) => text.indexOf(pythonStr(part)),
  count: (text, [part]) => text.split(pythonStr(part)).length - 1,
  join: (text, [items]) =>
    Array.isArray(items) ? items.map(pythonStr).join(text) : pythonStr(items),
  isdigit: (text) => /^\d+$/.test(text),
};

/** The items of a dict, as tuples. */
export function pairsOf(dict: Record<string, unknown>): PythonTuple[] {
  return Object.entries(dict).map((pair) => PythonTuple.from(pair));
}

const DICT: Readonly<Record<string, Method<Record<string, unknown>>>> = {
  get: (dict, [key, fallback = null]) =>
    Object.hasOwn(dict, pythonStr(key)) ? dict[pythonStr(key)] : fallback,
  items: pairsOf,
  keys: (dict) => Object.keys(dict),
  values: (dict) => Object.values(dict),
};

const LIST: Readonly<Record<string, Method<readonly unknown[]>>> = {
  index: (list, [item]) => list.indexOf(item),
  count: (list, [item]) => list.filter((held) => held === item).length,
};

export function hasMethod(owner: unknown, name: string): boolean {
  return Object.hasOwn(methodsOf(owner), name);
}

/** A method of str, dict or list, by Python's rules. Throws for an unknown one. */
export function callMethod(owner: unknown, name: string, args: readonly unknown[]): unknown {
  const methods = methodsOf(owner);
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!method) throw new Error(`${typeName(owner)} object has no attribute '${name}'`);
  return method(owner as never, args);
}

function methodsOf(owner: unknown): Readonly<Record<string, Method<never>>> {
  if (typeof owner === "string") return TEXT;
  if (Array.isArray(owner)) return LIST;
  return isDict(owner) ? DICT : {};
}
