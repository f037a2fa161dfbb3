import type { FlowInput, Row } from "#emulators/azure-ml/engine/engine.ts";
import { LineError, userError } from "./errors.ts";
import { PythonFloat, parsePythonFloat, pythonStr } from "./python-values.ts";

/** Every type that prompt flow accepts for an input, exactly as written. */
export const INPUT_TYPES: ReadonlySet<string> = new Set([
  "int",
  "double",
  "bool",
  "string",
  "list",
  "object",
  "image",
  "file_path",
  "secret",
  "prompt_template",
  "assistant_definition",
]);

/** Why a value does not fit its type; `parse` when its JSON is broken. */
class Misfit extends Error {
  readonly kind: "type" | "parse";

  constructor(kind: "type" | "parse", message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The value as the type wants it, by Python's rules. Throws Error with the reason. */
export function coerce(value: unknown, type: string): unknown {
  switch (type) {
    case "int":
      return toInt(value);
    case "double":
      return toDouble(value);
    case "bool":
      return toBool(value);
    case "string":
      return pythonStr(value);
    case "list":
      return toList(value);
    case "object":
      return toObject(value);
    default:
      return value;
  }
}

/** One line's inputs: value, else default, else LineError; keys the flow does not know are kept. */
export function resolveInputs(
  definitions: Readonly<Record<string, FlowInput>>,
  row: Row,
  lineNumber: number | null,
): Row {
  const resolved: Record<string, unknown> = { ...row };
  for (const [name, definition] of Object.entries(definitions)) {
    if (Object.hasOwn(row, name))
      resolved[name] = coerceInput(name, row[name], definition, lineNumber);
    else if (hasDefault(definition))
      resolved[name] = coerceInput(name, definition.default, definition, lineNumber);
    else if (!definition.optional) throw missing(name, lineNumber);
  }
  return resolved;
}

export function hasDefault(definition: FlowInput): boolean {
  return definition.default !== undefined && definition.default !== null;
}

function coerceInput(
  name: string,
  value: unknown,
  { type }: FlowInput,
  line: number | null,
): unknown {
  try {
    return coerce(value, type);
  } catch (error) {
    const where = line === null ? "" : ` in line ${line}`;
    const code =
      error instanceof Misfit && error.kind === "parse" ? "InputParseError" : "InputTypeError";
    const reason = error instanceof Error ? error.message : String(error);
    throw new LineError(
      userError(
        code,
        `The input for flow is incorrect. The value for flow input '${name}'${where} is ${pythonStr(value)}, which does not match the expected type '${type}': ${reason}. Change the value, or the type that the flow declares.`,
      ),
    );
  }
}

function missing(name: string, line: number | null): LineError {
  const where = line === null ? "input data" : `line ${line} of input data`;
  return new LineError(
    userError(
      "InputNotFound",
      `The value for flow input '${name}' is not provided in ${where}. Provide it, map it, or give the input a default.`,
    ),
  );
}

function toInt(value: unknown): number {
  if (typeof value === "boolean") return Number(value);
  if (value instanceof PythonFloat) return value.value;
  if (typeof value === "number" && Number.isFinite(value)) return Math.trunc(value);
  if (typeof value === "string" && /^\s*[+-]?\d+(_\d+)*\s*$/.test(value)) {
    return Number(value.replaceAll("_", ""));
  }
  throw new Misfit("type", "it is not an integer");
}

function toDouble(value: unknown): PythonFloat | number {
  const number = readDouble(value);
  if (number === undefined) throw new Misfit("type", "it is not a number");
  return Number.isInteger(number) ? new PythonFloat(number) : number;
}

function readDouble(value: unknown): number | undefined {
  if (typeof value === "boolean" || typeof value === "number") return Number(value);
  if (value instanceof PythonFloat) return value.value;
  if (typeof value !== "string") return undefined;
  const number = parsePythonFloat(value);
  return Number.isNaN(number) && !/^\s*[+-]?nan\s*$/i.test(value) ? undefined : number;
}

function toBool(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" ? value.toLowerCase() : "";
  if (word === "true" || word === "false") return word === "true";
  throw new Misfit("type", "it is neither true nor false");
}

function toList(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== "string") throw new Misfit("type", "it is not a list");
  const parsed = parseJson(value);
  if (parsed === undefined) throw new Misfit("parse", "it is not JSON");
  if (!Array.isArray(parsed)) throw new Misfit("type", "its JSON is not a list");
  return parsed;
}

function toObject(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const parsed = parseJson(value);
  return parsed === undefined ? value : parsed;
}

/** Undefined for what is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Names of the inputs that a caller has to give. */
export function requiredInputs(
  definitions: Readonly<Record<string, FlowInput>>,
): readonly string[] {
  return Object.keys(definitions).filter((name) => {
    const definition = definitions[name];
    return definition !== undefined && !definition.optional && !hasDefault(definition);
  });
}
