import { isDict, PythonFloat } from "./python-values.ts";

const isNumber = (value: unknown) =>
  typeof value === "number" || typeof value === "boolean" || value instanceof PythonFloat;
const isInteger = (value: unknown) => typeof value === "number" && Number.isInteger(value);

const TESTS: Readonly<Record<string, (value: unknown) => boolean>> = {
  defined: (value) => value !== undefined,
  undefined: (value) => value === undefined,
  none: (value) => value === null,
  boolean: (value) => typeof value === "boolean",
  true: (value) => value === true,
  false: (value) => value === false,
  string: (value) => typeof value === "string",
  number: isNumber,
  integer: isInteger,
  float: (value) => isNumber(value) && !isInteger(value) && typeof value !== "boolean",
  mapping: isDict,
  sequence: (value) => Array.isArray(value) || typeof value === "string" || isDict(value),
  iterable: (value) => Array.isArray(value) || typeof value === "string" || isDict(value),
  callable: (value) => typeof value === "function",
  odd: (value) => Math.abs(Number(value)) % 2 === 1,
  even: (value) => Number(value) % 2 === 0,
  lower: (value) =>
    typeof value === "string" && value === value.toLowerCase() && value !== value.toUpperCase(),
  upper: (value) =>
    typeof value === "string" && value === value.toUpperCase() && value !== value.toLowerCase(),
};

/** `value is name`. Throws for a test that is not known. */
export function runTest(name: string, value: unknown): boolean {
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (!test) throw new Error(`No test named '${name}'`);
  return test(value);
}
