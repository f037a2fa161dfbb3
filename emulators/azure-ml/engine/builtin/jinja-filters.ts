import { callMethod, hasMethod, pairsOf } from "./jinja-methods.ts";
import { runTest } from "./jinja-tests.ts";
import { compare, lengthOf, numberOf, textOf, toIterable, toJson, truthy } from "./jinja-values.ts";
import { fixed, formatPercent } from "./python-format.ts";
import { isDict, PythonFloat, PythonTuple, pythonEquals, pythonStr } from "./python-values.ts";

type Named = Readonly<Record<string, unknown>>;
type Filter = (value: unknown, args: readonly unknown[], named: Named) => unknown;

const FILTERS: Readonly<Record<string, Filter>> = {
  abs: (value) => Math.abs(numberOf(value) ?? Number.NaN),
  capitalize: (value) => callMethod(textOf(value), "capitalize", []),
  count: lengthOf,
  d: withDefault,
  default: withDefault,
  dictsort: (value) => (isDict(value) ? pairsOf(value).sort(([a], [b]) => compare(a, b)) : []),
  e: escapeHtml,
  escape: escapeHtml,
  first: (value) => toIterable(value)[0],
  float: (value, [fallback = 0]) => toFloat(value, fallback),
  format: (value, args, named) =>
    formatPercent(textOf(value), args.length > 0 ? PythonTuple.of(...args) : named),
  indent,
  int: (value, [fallback = 0]) => toInt(value, fallback),
  items: (value) => (isDict(value) ? pairsOf(value) : []),
  join: (value, args, named) => {
    const glue = textOf(args[0] ?? named.d ?? "");
    const attribute = args[1] ?? named.attribute;
    return attributes(toIterable(value), attribute).map(textOf).join(glue);
  },
  last: (value) => toIterable(value).at(-1),
  length: lengthOf,
  list: (value) => [...toIterable(value)],
  lower: (value) => textOf(value).toLowerCase(),
  map: mapItems,
  max: (value) => [...toIterable(value)].sort(compare).at(-1),
  min: (value) => [...toIterable(value)].sort(compare)[0],
  reject: (value, args) => toIterable(value).filter((item) => !passes(item, args)),
  rejectattr: (value, [name, ...test]) =>
    toIterable(value).filter((item) => !passes(attribute(item, name), test)),
  replace: (value, args) => callMethod(textOf(value), "replace", args),
  reverse: (value) =>
    typeof value === "string" ? [...value].reverse().join("") : [...toIterable(value)].reverse(),
  round: (value, [digits = 0]) => round(value, Number(digits)),
  safe: (value) => value,
  select: (value, args) => toIterable(value).filter((item) => passes(item, args)),
  selectattr: (value, [name, ...test]) =>
    toIterable(value).filter((item) => passes(attribute(item, name), test)),
  sort: sortItems,
  string: textOf,
  sum: (value, args, named) =>
    attributes(toIterable(value), args[0] ?? named.attribute).reduce<number>(
      (sum, item) => sum + (numberOf(item) ?? 0),
      0,
    ),
  title: (value) => callMethod(textOf(value), "title", []),
  tojson: (value, args, named) => toJson(value, numberOf(args[0] ?? named.indent)),
  trim: (value, args) => callMethod(textOf(value), "strip", args),
  truncate,
  unique: (value) =>
    toIterable(value).filter(
      (item, at, all) => all.findIndex((other) => pythonEquals(other, item)) === at,
    ),
  upper: (value) => textOf(value).toUpperCase(),
  wordcount: (value) => textOf(value).split(/\s+/).filter(Boolean).length,
};

/** `value | name(args)`. Throws for a filter that is not known. */
export function applyFilter(
  name: string,
  value: unknown,
  args: readonly unknown[],
  named: Named,
): unknown {
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (filter) return filter(value, args, named);
  if (hasMethod(value, name)) return callMethod(value, name, args);
  throw new Error(`No filter named '${name}'`);
}

function withDefault(value: unknown, args: readonly unknown[], named: Named): unknown {
  const alsoFalsy = truthy(args[1] ?? named.boolean);
  return value === undefined || (alsoFalsy && !truthy(value))
    ? (args[0] ?? named.default_value ?? "")
    : value;
}

function escapeHtml(value: unknown): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "'": "&#39;",
    '"': "&#34;",
  };
  return textOf(value).replace(/[&<>'"]/g, (char) => entities[char] ?? char);
}

function toFloat(value: unknown, fallback: unknown): unknown {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : numberOf(value);
  if (number === undefined || Number.isNaN(number))
    return fallback === 0 ? new PythonFloat(0) : fallback;
  return Number.isInteger(number) ? new PythonFloat(number) : number;
}

function toInt(value: unknown, fallback: unknown): unknown {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : numberOf(value);
  return number === undefined || Number.isNaN(number) ? fallback : Math.trunc(number);
}

function indent(value: unknown, args: readonly unknown[], named: Named): string {
  const width = args[0] ?? named.width ?? 4;
  const pad = typeof width === "string" ? width : " ".repeat(Number(width));
  const [first, blank] = [truthy(args[1] ?? named.first), truthy(args[2] ?? named.blank)];
  const pick = (line: string, at: number) => (at === 0 ? first : blank || line !== "");
  return textOf(value)
    .split("\n")
    .map((line, at) => (pick(line, at) ? `${pad}${line}` : line))
    .join("\n");
}

function mapItems(value: unknown, args: readonly unknown[], named: Named): unknown {
  const items = toIterable(value);
  if (named.attribute !== undefined) {
    return attributes(items, named.attribute).map((item) =>
      item === undefined ? named.default : item,
    );
  }
  const [name, ...rest] = args;
  return items.map((item) => applyFilter(pythonStr(name), item, rest, named));
}

function sortItems(value: unknown, args: readonly unknown[], named: Named): unknown {
  const name = args[2] ?? named.attribute;
  const fold = (item: unknown) =>
    typeof item === "string" && !truthy(args[1] ?? named.case_sensitive)
      ? item.toLowerCase()
      : item;
  const sorted = [...toIterable(value)].sort((a, b) =>
    compare(fold(attribute(a, name)), fold(attribute(b, name))),
  );
  return truthy(args[0] ?? named.reverse) ? sorted.reverse() : sorted;
}

function truncate(value: unknown, args: readonly unknown[], named: Named): string {
  const text = textOf(value);
  const length = Number(args[0] ?? named.length ?? 255);
  const end = textOf(args[2] ?? named.end ?? "...");
  if (text.length <= length + Number(args[3] ?? named.leeway ?? 5)) return text;
  const cut = text.slice(0, length - end.length);
  return `${truthy(args[1] ?? named.killwords) ? cut : cut.slice(0, Math.max(cut.lastIndexOf(" "), 0) || undefined)}${end}`;
}

/** Python's `round`: an integer stays one. */
function round(value: unknown, digits: number): unknown {
  if (typeof value === "number" && Number.isInteger(value)) return value;
  const result = Number(fixed(numberOf(value) ?? Number.NaN, digits));
  return Number.isInteger(result) ? new PythonFloat(result) : result;
}

const attributes = (items: readonly unknown[], name: unknown) =>
  items.map((item) => attribute(item, name));

function attribute(item: unknown, name: unknown): unknown {
  if (name === undefined || name === null) return item;
  return pythonStr(name)
    .split(".")
    .reduce<unknown>((held, key) => {
      if (Array.isArray(held)) return held[Number(key)];
      return isDict(held) && Object.hasOwn(held, key) ? held[key] : undefined;
    }, item);
}

function passes(value: unknown, [name, operand]: readonly unknown[]): boolean {
  switch (name) {
    case undefined:
      return truthy(value);
    case "equalto":
    case "eq":
    case "==":
      return pythonEquals(value, operand);
    case "ne":
    case "!=":
      return !pythonEquals(value, operand);
    case "in":
      return toIterable(operand).some((item) => pythonEquals(item, value));
    default:
      return runTest(pythonStr(name), value);
  }
}
