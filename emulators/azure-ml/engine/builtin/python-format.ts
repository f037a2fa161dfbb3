import { isDict, PythonFloat, PythonTuple, pythonRepr, pythonStr } from "./python-values.ts";

const CONVERSION = /%(?:\(([^)]*)\))?([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+))?[hlL]?(.)/gs;

/** The number with so many digits; a true half goes to the even neighbour. */
export function fixed(value: number, digits: number): string {
  const scaled = value * 10 ** digits;
  // Only such a number is a half exactly; 1.15 merely prints like one.
  const isHalf = Number.isInteger(value * 2 ** (digits + 1)) && Math.abs(scaled % 1) === 0.5;
  const even = Math.floor(scaled) + (Math.floor(scaled) % 2 === 0 ? 0 : 1);
  return (isHalf ? even / 10 ** digits : value).toFixed(digits);
}

interface Spec {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly type: string;
}

/** What `template % values` gives: a tuple holds one value for each conversion, a dict has them by name. Throws Error. */
export function formatPercent(template: string, values: unknown): string {
  const queue = values instanceof PythonTuple ? [...values] : [values];
  const next = () => {
    if (queue.length === 0) throw new Error("not enough arguments for format string");
    return queue.shift();
  };
  const amount = (text: string | undefined) => Number(text === "*" ? next() : text);
  let isNamed = false;
  const text = template.replace(
    CONVERSION,
    (_all, name?: string, flags = "", width?: string, precision?: string, type = "") => {
      if (type === "%") return "%";
      const spec: Spec = {
        flags,
        type,
        width: width === undefined ? 0 : amount(width),
        precision: precision === undefined ? undefined : amount(precision),
      };
      if (name === undefined) return pad(convert(next(), spec), spec);
      if (!isDict(values)) throw new Error("format requires a mapping");
      if (!Object.hasOwn(values, name)) throw new Error(`'${name}'`);
      isNamed = true;
      return pad(convert(values[name], spec), spec);
    },
  );
  const isUsedUp = queue.length === 0 || isNamed || isDict(values);
  if (!isUsedUp) throw new Error("not all arguments converted during string formatting");
  return text;
}

function convert(value: unknown, spec: Spec): string {
  const { type, precision, flags } = spec;
  switch (type) {
    case "s":
      return pythonStr(value).slice(0, precision);
    case "r":
    case "a":
      return pythonRepr(value).slice(0, precision);
    case "c":
      return typeof value === "number" ? String.fromCodePoint(value) : pythonStr(value);
    case "d":
    case "i":
    case "u":
      return signed(String(Math.trunc(numberIn(value, type))), flags);
    case "o":
    case "x":
    case "X":
      return signed(inBase(Math.trunc(numberIn(value, type)), spec), flags);
    case "e":
    case "E":
    case "f":
    case "F":
    case "g":
    case "G":
      return signed(floating(numberIn(value, type), spec), flags);
    default:
      throw new Error(`unsupported format character '${type}'`);
  }
}

function numberIn(value: unknown, type: string): number {
  if (value instanceof PythonFloat) return value.value;
  if (typeof value === "number" || typeof value === "boolean") return Number(value);
  throw new Error(`%${type} format: a real number is required, not ${pythonStr(value)}`);
}

function inBase(value: number, { type, flags }: Spec): string {
  const prefix = flags.includes("#") ? `0${type}` : "";
  const digits = Math.abs(value).toString(type === "o" ? 8 : 16);
  return `${value < 0 ? "-" : ""}${prefix}${type === "X" ? digits.toUpperCase() : digits}`;
}

function floating(value: number, { type, precision = 6 }: Spec): string {
  const isUpper = type !== type.toLowerCase();
  const text = Number.isFinite(value)
    ? digitsOf(value, type.toLowerCase(), precision)
    : pythonRepr(value);
  return isUpper ? text.toUpperCase() : text;
}

function digitsOf(value: number, type: string, precision: number): string {
  if (type === "f") return fixed(value, precision);
  if (type === "e") return twoDigits(value.toExponential(precision));
  const figures = Math.max(precision, 1);
  const exponent = value === 0 ? 0 : Number(value.toExponential(figures - 1).split("e")[1]);
  if (exponent < -4 || exponent >= figures) {
    return twoDigits(value.toExponential(figures - 1).replace(/\.?0+e/, "e"));
  }
  const text = fixed(value, Math.max(0, figures - 1 - exponent));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const twoDigits = (text: string) => text.replace(/e([+-])(\d)$/, "e$10$2");

function signed(text: string, flags: string): string {
  if (text.startsWith("-")) return text;
  return flags.includes("+") ? `+${text}` : flags.includes(" ") ? ` ${text}` : text;
}

function pad(text: string, { flags, width, type }: Spec): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0") || "srac".includes(type)) return text.padStart(width);
  const sign = /^[-+ ]/.exec(text)?.[0] ?? "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}
