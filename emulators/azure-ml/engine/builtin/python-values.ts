/** A Python float whose value is whole: JavaScript alone would turn 4.0 into 4. */
export class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  valueOf(): number {
    return this.value;
  }
}

/** A list that prints as its items, one a line, instead of as a Python list. */
export class PrintedList extends Array<unknown> {
  static override get [Symbol.species]() {
    return Array;
  }
}

/** A list that Python would call a tuple, which shows only when it is printed. */
export class PythonTuple extends Array<unknown> {
  static override get [Symbol.species]() {
    return Array;
  }
}

/** A picture, as prompt flow's `Image` holds it. */
export class PromptImage {
  readonly mime: string;
  readonly base64: string;
  /** Its name wherever it is printed. */
  readonly hash: string;
  readonly url: string | undefined;

  constructor(image: Pick<PromptImage, "mime" | "base64" | "hash" | "url">) {
    this.mime = image.mime;
    this.base64 = image.base64;
    this.hash = image.hash;
    this.url = image.url;
  }

  toString(): string {
    return `Image(${this.hash})`;
  }
}

/** The form in which floats cross the pipe to Python; NUL keeps it apart from any key of a user. */
const FLOAT_KEY = "\u0000float";
const IMAGE_KEY = "\u0000image";

/** What `str(value)` gives. */
export function pythonStr(value: unknown): string {
  if (value instanceof PrintedList) return value.map(pythonStr).join("\n");
  return typeof value === "string" ? value : pythonRepr(value);
}

/** What `repr(value)` gives for values that JSON can carry. */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "number") return Number.isInteger(value) ? `${value}` : floatRepr(value);
  if (typeof value === "bigint") return `${value}`;
  if (value instanceof PythonFloat) return floatRepr(value.value);
  if (typeof value === "string") return stringRepr(value);
  if (value instanceof PythonTuple) {
    return `(${value.map(pythonRepr).join(", ")}${value.length === 1 ? "," : ""})`;
  }
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(", ")}]`;
  if (isDict(value)) {
    const items = Object.entries(value).map(
      ([key, item]) => `${stringRepr(key)}: ${pythonRepr(item)}`,
    );
    return `{${items.join(", ")}}`;
  }
  return String(value);
}

/** Python's `==`: 1 == True == 1.0, and no other coercion. */
export function pythonEquals(left: unknown, right: unknown): boolean {
  const a = comparable(left);
  const b = comparable(right);
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((item, i) => pythonEquals(item, b[i]))
    );
  }
  if (isDict(a) && isDict(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && pythonEquals(a[key], b[key]))
    );
  }
  return a === b;
}

export function isDict(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof PythonFloat) &&
    !(value instanceof PromptImage)
  );
}

/** The value without `PythonFloat`, as everything outside the engine wants it. */
export function plain(value: unknown): unknown {
  if (value instanceof PythonFloat) return value.value;
  if (Array.isArray(value)) return value.map(plain);
  if (!isDict(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** One JSON text without line breaks, floats marked as floats. */
export function encodeForPython(value: unknown): string {
  return JSON.stringify(value, (_key, item) => {
    if (item instanceof PythonFloat) return { [FLOAT_KEY]: floatRepr(item.value) };
    if (item instanceof PromptImage)
      return { [IMAGE_KEY]: [item.mime, item.base64, item.url ?? null, item.hash] };
    if (typeof item === "number" && !Number.isFinite(item)) return { [FLOAT_KEY]: floatRepr(item) };
    return item;
  });
}

/** Throws SyntaxError for what is not JSON. */
export function decodeFromPython(text: string): unknown {
  return JSON.parse(text, (_key, item) => {
    if (typeof item !== "object" || item === null) return item;
    if (IMAGE_KEY in item) {
      const [mime, base64, url, hash] = item[IMAGE_KEY];
      return new PromptImage({ mime, base64, hash, url: url ?? undefined });
    }
    if (!(FLOAT_KEY in item)) return item;
    const value = parsePythonFloat(String(item[FLOAT_KEY]));
    return Number.isInteger(value) ? new PythonFloat(value) : value;
  });
}

/** `float(text)`; NaN both for "nan" and for what Python would refuse. */
export function parsePythonFloat(text: string): number {
  const word = text.trim().toLowerCase();
  const infinite = /^([+-]?)inf(?:inity)?$/.exec(word);
  if (infinite) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!/^[+-]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[+-]?\d+)?$/.test(word)) return Number.NaN;
  return Number(word.replaceAll("_", ""));
}

function comparable(value: unknown): unknown {
  if (value instanceof PythonFloat) return value.value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return value ?? null;
}

function floatRepr(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  if (Object.is(value, -0)) return "-0.0";
  return Number.isInteger(value) ? `${value}.0` : `${value}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Python escapes exactly these.
  const escaped = text.replace(/[\\\u0000-\u001f\u007f-\u00a0\u00ad]/g, (char) => {
    return ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}
