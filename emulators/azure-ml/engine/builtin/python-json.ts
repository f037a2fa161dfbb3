import { isDict, PythonFloat, pythonRepr } from "./python-values.ts";

export interface JsonOptions {
  /** Blanks before each level; without it everything is on one line. */
  readonly indent?: number | undefined;
  readonly sortKeys?: boolean;
}

/** What `json.dumps` gives: blanks after `,` and `:`, only ASCII. Throws for undefined. */
export function pythonJson(value: unknown, options: JsonOptions = {}): string {
  return dump(value, options, "\n");
}

function dump(value: unknown, options: JsonOptions, newline: string): string {
  if (value === undefined) throw new Error("Object of type Undefined is not JSON serializable");
  if (value instanceof PythonFloat || typeof value === "number")
    return pythonRepr(value)
      .replace(/^(-?)inf$/, "$1Infinity")
      .replace("nan", "NaN");
  if (!Array.isArray(value) && !isDict(value)) return asciiJson(value);
  const { indent, sortKeys } = options;
  const inner = indent === undefined ? "" : `${newline}${" ".repeat(indent)}`;
  const items = Array.isArray(value)
    ? value.map((item) => dump(item, options, inner))
    : keysOf(value, sortKeys).map(
        (key) => `${asciiJson(key)}: ${dump(value[key], options, inner)}`,
      );
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (items.length === 0) return `${open}${close}`;
  const glue = indent === undefined ? ", " : `,${inner}`;
  return `${open}${inner}${items.join(glue)}${indent === undefined ? "" : newline}${close}`;
}

const keysOf = (value: object, sorted = false) =>
  sorted ? Object.keys(value).sort() : Object.keys(value);

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
