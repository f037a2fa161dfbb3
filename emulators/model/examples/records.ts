import { type Example, type Examples, NO_EXAMPLES } from "./example.ts";
import { findLabels } from "./labels.ts";
import { readLiteral } from "./literal.ts";

type Fields = Readonly<Record<string, unknown>>;

interface Found {
  readonly fields: Fields;
  readonly end: number;
}

/**
 * Objects in JSON or as Python prints them. The answer is what the last object lacks; if it lacks nothing,
 * the question is the text behind it, and the answer what that does not name, or else the last key.
 */
export function readRecords(text: string): Examples {
  const found = findObjects(text);
  const last = found.at(-1);
  const full = found.find(({ fields }) => Object.keys(fields).length > 1);
  if (!last || !full) return NO_EXAMPLES;

  const keys = Object.keys(full.fields);
  const behind = text.slice(last.end);
  const open = without(keys, (key) => !isEmpty(last.fields[key]));
  const answers = open ?? without(keys, isNamedIn(behind)) ?? keys.slice(-1);
  const examples = found.flatMap(({ fields }) => toExample(fields, answers));
  return { examples, question: open ? questionOf(last.fields, answers) : behind };
}

/** The keys that are not known; undefined unless some are and some are not. */
function without(
  keys: readonly string[],
  isKnown: (key: string) => boolean,
): readonly string[] | undefined {
  const unknown = keys.filter((key) => !isKnown(key));
  return unknown.length > 0 && unknown.length < keys.length ? unknown : undefined;
}

/** `Text content: …` names `text_content`; a label with nothing behind it asks for it. */
function isNamedIn(text: string): (key: string) => boolean {
  const plain = (name: string) => name.toLowerCase().replace(/[\s_-]+/g, "");
  const labels = findLabels(text.split(/\r?\n/)).filter(({ inline }) => inline !== "");
  const names = new Set(labels.map(({ key }) => plain(key)));
  return (key) => names.has(plain(key));
}

function findObjects(text: string): readonly Found[] {
  const found: Found[] = [];
  for (let at = text.indexOf("{"); at >= 0; ) {
    const literal = readLiteral(text, at);
    if (literal && isFields(literal.value)) found.push({ fields: literal.value, end: literal.end });
    at = text.indexOf("{", literal?.end ?? at + 1);
  }
  return found;
}

function toExample(fields: Fields, answers: readonly string[]): readonly Example[] {
  if (answers.some((key) => isEmpty(fields[key]))) return [];
  const [only, ...others] = answers;
  const answer =
    only !== undefined && others.length === 0
      ? print(fields[only])
      : JSON.stringify(Object.fromEntries(answers.map((key) => [key, fields[key]])));
  return [{ question: questionOf(fields, answers), answer }];
}

function questionOf(fields: Fields, answers: readonly string[]): string {
  return Object.entries(fields)
    .filter(([key]) => !answers.includes(key))
    .map(([, value]) => print(value))
    .join("\n");
}

function print(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
