import { type Example, type Examples, NO_EXAMPLES } from "./example.ts";
import { readLiteral } from "./literal.ts";

type Fields = Readonly<Record<string, unknown>>;

interface Found {
  readonly fields: Fields;
  readonly end: number;
}

/**
 * Objects in JSON or as Python prints them. The answer is what the last object lacks; if it lacks nothing,
 * the last key of each, and the question is the text behind them.
 */
export function readRecords(text: string): Examples {
  const found = findObjects(text);
  const last = found.at(-1);
  const full = found.filter(({ fields }) => Object.keys(fields).length > 1)[0];
  if (!last || !full) return NO_EXAMPLES;

  const keys = Object.keys(full.fields);
  const lacking = keys.filter((key) => isEmpty(last.fields[key]));
  const open = lacking.length > 0 && keys.some((key) => !isEmpty(last.fields[key]));
  const answers = open ? lacking : keys.slice(-1);
  const examples = found.flatMap(({ fields }) => toExample(fields, answers));
  const question = open ? questionOf(last.fields, answers) : text.slice(last.end);
  return { examples, question };
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
