import { LineError, userError } from "./errors.ts";
import { isDict } from "./python-values.ts";

/** What a node input, an output's `reference` or an `activate.when` means. */
export type Assignment =
  | { readonly kind: "literal"; readonly value: unknown }
  /** What an aggregation node gets: one item per succeeded line. */
  | { readonly kind: "collected"; readonly value: readonly unknown[] }
  | { readonly kind: "input"; readonly name: string }
  | {
      readonly kind: "node";
      readonly node: string;
      /** Only `output` exists; anything else is refused when the line runs. */
      readonly section: string;
      /** `a.b[0]`; empty for the whole output. */
      readonly property: string;
    };

const INPUT_PREFIX = /^(?:inputs|flow)\./;
const PROPERTY = /(\w+)|\['([^']*)'\]|\[(\d+)\]/g;

const REFERENCE_ERROR = "NodeReferenceError";

/** The node was not run: what it reads is not there. */
export function isReferenceError(error: unknown): boolean {
  return error instanceof LineError && error.body.innerCodes[0] === REFERENCE_ERROR;
}

/** Only a string that is a reference as a whole is one; there is no interpolation. */
export function parseAssignment(value: unknown): Assignment {
  if (typeof value !== "string" || value.length <= 3) return { kind: "literal", value };
  if (!value.startsWith("${") || !value.endsWith("}")) return { kind: "literal", value };
  const body = value.slice(2, -1);
  if (INPUT_PREFIX.test(body)) return { kind: "input", name: body.replace(INPUT_PREFIX, "") };
  const [node = "", section = "output", ...property] = body.split(".");
  return { kind: "node", node, section, property: property.join(".") };
}

/** Word, key in single quotes → string; index → number. Double quotes hold words, as in prompt flow. */
export function propertyTokens(property: string): readonly (string | number)[] {
  return [...property.matchAll(PROPERTY)].map(([, word, quoted, index]) =>
    index === undefined ? (word ?? quoted ?? "") : Number(index),
  );
}

/** Follows a property path through JSON-like data; a miss fails the line. */
export function followProperty(value: unknown, property: string, node: string): unknown {
  let current = value;
  for (const token of propertyTokens(property)) {
    if (isDict(current) && Object.hasOwn(current, String(token))) current = current[String(token)];
    else if (Array.isArray(current) && typeof token === "number" && token < current.length) {
      current = current[token];
    } else throw invalidProperty(property, node);
  }
  return current;
}

export function invalidProperty(property: string, node: string): LineError {
  return new LineError(
    userError(
      "InvalidReferenceProperty",
      `Invalid property '${property}' when accessing the node '${node}'. Check what '${node}' returns, or the reference.`,
    ),
  );
}

/** Refuses `${n.foo}` and `${n.output[0]}`. */
export function requireOutputSection(reference: Assignment & { kind: "node" }): void {
  if (reference.section === "output") return;
  throw new LineError(
    userError(
      "UnsupportedReference",
      `The section '${reference.section}' of '\${${reference.node}.${reference.section}}' is not supported. Only 'output' exists; an index at the root is written \${${reference.node}.output.[0]}.`,
    ),
  );
}
