import { formatPercent } from "./python-format.ts";
import { pythonJson } from "./python-json.ts";
import { isDict, PythonFloat, pythonEquals, pythonStr } from "./python-values.ts";

/** Python's truth value; undefined is false. */
export function truthy(value: unknown): boolean {
  if (value instanceof PythonFloat) return value.value !== 0;
  if (Array.isArray(value)) return value.length > 0;
  return isDict(value) ? Object.keys(value).length > 0 : Boolean(value);
}

/** The items of a loop; undefined has none. Throws for what cannot be iterated over. */
export function toIterable(value: unknown): unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return [...value];
  if (isDict(value)) return Object.keys(value);
  throw new Error(`${typeName(value)} object is not iterable`);
}

export function lengthOf(value: unknown): number {
  return toIterable(value).length;
}

export function typeName(value: unknown): string {
  if (value === null) return "'NoneType'";
  if (typeof value === "boolean") return "'bool'";
  if (typeof value === "string") return "'str'";
  if (Array.isArray(value)) return "'list'";
  if (value instanceof PythonFloat) return "'float'";
  if (typeof value === "number") return Number.isInteger(value) ? "'int'" : "'float'";
  return value === undefined ? "'Undefined'" : "'dict'";
}

/** Every operator except `and` and `or`. Throws what Python would refuse. */
export function binary(operator: string, left: unknown, right: unknown): unknown {
  switch (operator) {
    case "==":
      return pythonEquals(left, right);
    case "!=":
      return !pythonEquals(left, right);
    case "~":
      return `${textOf(left)}${textOf(right)}`;
    case "in":
      return contains(right, left);
    case "not in":
      return !contains(right, left);
    case "<":
      return compare(left, right) < 0;
    case "<=":
      return compare(left, right) <= 0;
    case ">":
      return compare(left, right) > 0;
    case ">=":
      return compare(left, right) >= 0;
    default:
      return calculate(operator, left, right);
  }
}

/** How an expression prints: undefined is empty. */
export function textOf(value: unknown): string {
  return value === undefined ? "" : pythonStr(value);
}

/** Negative, zero or positive; throws for values that Python cannot order. */
export function compare(left: unknown, right: unknown): number {
  if (typeof left === "string" && typeof right === "string") {
    return left < right ? -1 : Number(left > right);
  }
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a === undefined || b === undefined) {
    throw new Error(
      `'<' not supported between instances of ${typeName(left)} and ${typeName(right)}`,
    );
  }
  return a - b;
}

export function numberOf(value: unknown): number | undefined {
  if (value instanceof PythonFloat) return value.value;
  return typeof value === "number" || typeof value === "boolean" ? Number(value) : undefined;
}

function contains(container: unknown, item: unknown): boolean {
  if (typeof container === "string") {
    if (typeof item !== "string")
      throw new Error(`'in <string>' requires string, not ${typeName(item)}`);
    return container.includes(item);
  }
  if (isDict(container)) return Object.hasOwn(container, pythonStr(item));
  return toIterable(container).some((held) => pythonEquals(held, item));
}

function calculate(operator: string, left: unknown, right: unknown): unknown {
  const joined = join(operator, left, right);
  if (joined !== undefined) return joined;
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a === undefined || b === undefined) {
    throw new Error(
      `unsupported operand type(s) for ${operator}: ${typeName(left)} and ${typeName(right)}`,
    );
  }
  const result = arithmetic(operator, a, b);
  const isFloat = operator === "/" || isFloatValue(left) || isFloatValue(right);
  return isFloat && Number.isInteger(result) ? new PythonFloat(result) : result;
}

/** What Python's operators do with strings and lists; undefined for other operands. */
function join(operator: string, left: unknown, right: unknown): unknown {
  if (typeof left === "string") {
    if (operator === "+" && typeof right === "string") return left + right;
    if (operator === "*" && typeof right === "number") return left.repeat(Math.max(0, right));
    if (operator === "%") return formatPercent(left, right);
  }
  if (operator === "+" && Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
  return undefined;
}

const isFloatValue = (value: unknown) =>
  value instanceof PythonFloat || (typeof value === "number" && !Number.isInteger(value));

function arithmetic(operator: string, a: number, b: number): number {
  if (b === 0 && ["/", "//", "%"].includes(operator)) throw new Error("division by zero");
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "//":
      return Math.floor(a / b);
    case "%":
      return a - b * Math.floor(a / b);
    case "**":
      return a ** b;
    default:
      throw new Error(`unknown operator ${operator}`);
  }
}

/** `json.dumps` with jinja2's HTML-safe escapes. */
export function toJson(value: unknown, indent?: number): string {
  return pythonJson(value, { indent, sortKeys: true }).replace(
    /[<>&']/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
