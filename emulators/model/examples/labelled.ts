import { type Example, type Examples, NO_EXAMPLES } from "./example.ts";
import { findLabels, type Label } from "./labels.ts";

const RULE = /^(?:[-=*_~#]{3,})?$/;

/**
 * Blocks of labelled lines (`Text: … Category: …`). The answer's label is the one left open at the end, or
 * else the one that closes each round; what stands before it, since the answer before, is its question.
 */
export function readLabelled(text: string): Examples {
  const lines = text.split(/\r?\n/);
  const labels = findLabels(lines);
  const key = openKey(lines, labels) ?? closingKey(lines, labels);
  if (key === undefined) return NO_EXAMPLES;

  const answers = labels.filter((label) => label.key === key);
  const open = isOpen(lines, labels, answers) ? answers.at(-1) : undefined;
  const shown = open ? answers.slice(0, -1) : answers;
  const fields = fieldKeys(labels, answers, key);
  const blocks = trimAnswers(shown.map((label) => answerBlock(lines, labels, label)));

  let start = 0;
  const examples: Example[] = [];
  for (const [index, label] of shown.entries()) {
    const block = blocks[index] ?? { answer: "", end: label.line + 1 };
    const question =
      questionIn(lines, start, label.line, fields) ?? lastParagraph(lines, start, label.line);
    if (block.answer !== "" && question !== "") examples.push({ question, answer: block.answer });
    start = block.end;
  }
  const end = open?.line ?? lines.length;
  const question = questionIn(lines, start, end, fields) ?? lines.slice(start, end).join("\n");
  return { examples, question };
}

/** The text in front of a label that is left open at the end: `Text: … Summary:`. */
export function openQuestion(text: string): string | undefined {
  const lines = text.split(/\r?\n/);
  const labels = findLabels(lines);
  const open = labels.at(-1);
  const before = labels.at(-2);
  if (!open || !before || open.inline !== "" || !isLast(lines, open)) return undefined;
  return valueIn(lines, before, open.line) || undefined;
}

function openKey(lines: readonly string[], labels: readonly Label[]): string | undefined {
  const last = labels.at(-1);
  if (last?.inline !== "" || !isLast(lines, last)) return undefined;
  return labels.some(({ key }, index) => key === last.key && index < labels.length - 1)
    ? last.key
    : undefined;
}

/** With `a b a b a` it is `b`: the label with a value right before the last round begins. */
function closingKey(lines: readonly string[], labels: readonly Label[]): string | undefined {
  const first = labels.find(({ key }) => labels.filter((other) => other.key === key).length > 1);
  if (!first) return undefined;
  const round = labels.findLastIndex(({ key }) => key === first.key);
  const before = labels.slice(0, round);
  const closing = before.findLast(
    (label, index) => valueIn(lines, label, (labels[index + 1] ?? label).line) !== "",
  );
  return closing?.key === first.key ? undefined : closing?.key;
}

function isOpen(
  lines: readonly string[],
  labels: readonly Label[],
  answers: readonly Label[],
): boolean {
  const last = answers.at(-1);
  if (last?.inline !== "") return false;
  if (isLast(lines, last)) return true;
  const others = answers.slice(0, -1);
  const distance = (label: Label) => (label.inline === "" ? blankLinesAfter(lines, label) + 1 : 0);
  // What follows may be one more instruction: then it stands further off than any answer did.
  return labels.at(-1) === last && others.every((other) => distance(other) < distance(last));
}

/** Labels of at least two rounds; any other is a line of somebody's text. */
function fieldKeys(
  labels: readonly Label[],
  answers: readonly Label[],
  key: string,
): ReadonlySet<string> {
  const rounds = new Map<string, Set<number>>();
  for (const label of labels) {
    const round = answers.filter(({ line }) => line < label.line).length;
    rounds.set(label.key, (rounds.get(label.key) ?? new Set()).add(round));
  }
  rounds.delete(key);
  return new Set([...rounds].filter(([, seen]) => seen.size > 1).map(([name]) => name));
}

/** Values of the fields in these lines, without their names; undefined when there is none. */
function questionIn(
  lines: readonly string[],
  start: number,
  end: number,
  fields: ReadonlySet<string>,
): string | undefined {
  const marks = findLabels(lines.slice(start, end)).filter(({ key }) => fields.has(key));
  if (marks.length === 0) return undefined;
  const part = lines.slice(start, end);
  return marks
    .map((mark, index) => valueIn(part, mark, marks[index + 1]?.line ?? part.length))
    .join("\n")
    .trim();
}

interface Block {
  readonly answer: string;
  /** The answer's first line alone. */
  readonly head: string;
  readonly end: number;
  readonly headEnd: number;
}

/** From the label to the next label or empty line; brackets that are open hold it together. */
function answerBlock(lines: readonly string[], labels: readonly Label[], label: Label): Block {
  const next = labels.find(({ line }) => line > label.line)?.line ?? lines.length;
  const first = label.inline === "" ? label.line + 1 + blankLinesAfter(lines, label) : label.line;
  let answer = label.inline === "" ? (lines[first] ?? "") : label.inline;
  if (first >= next && label.inline === "")
    return { answer: "", head: "", end: next, headEnd: next };
  const head = answer.trim();
  let end = first + 1;
  while (end < next && (opened(answer) || !isRule(lines[end]))) {
    answer += `\n${lines[end]}`;
    end += 1;
  }
  return { answer: answer.trim(), head, end, headEnd: first + 1 };
}

/** An answer that runs on while most do not has swallowed the words that introduce the question. */
function trimAnswers(blocks: readonly Block[]): readonly Block[] {
  const long = blocks.filter(({ answer, head }) => answer !== head);
  if (long.length * 2 > blocks.length) return blocks.map(dropIntroduction);
  return blocks.map((block) =>
    opened(block.head) ? block : { ...block, answer: block.head, end: block.headEnd },
  );
}

function dropIntroduction(block: Block): Block {
  return { ...block, answer: block.answer.replace(/\n[^\n]*:$/, "") };
}

function opened(text: string): boolean {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  return count(/[{[]/g) > count(/[}\]]/g) || count(/```/g) % 2 === 1;
}

function valueIn(lines: readonly string[], label: Label, end: number): string {
  return [label.inline, ...lines.slice(label.line + 1, end)].join("\n").trim();
}

function lastParagraph(lines: readonly string[], start: number, end: number): string {
  const text = lines.slice(start, end).join("\n").trim();
  return start === 0 ? (text.split(/\n\s*\n/).at(-1) ?? "") : text;
}

function isLast(lines: readonly string[], label: Label): boolean {
  return lines.slice(label.line + 1).every((line) => isRule(line));
}

function blankLinesAfter(lines: readonly string[], label: Label): number {
  const next = lines.slice(label.line + 1).findIndex((line) => !isRule(line));
  return next < 0 ? lines.length - label.line - 1 : next;
}

function isRule(line = ""): boolean {
  return RULE.test(line.trim());
}
