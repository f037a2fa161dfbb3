import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** What was expected and what stands there, for people who never heard of Zod; a rule's own words are kept. */
export function issueMessage(issue: Issue): string {
  const wanted = wantedBy(issue);
  if (wanted !== undefined) {
    const isZods = /^Invalid (input|option)/.test(issue.message);
    return isZods ? wrong(wanted, receivedBy(issue)) : issue.message;
  }
  if (issue.code === "too_small" || issue.code === "too_big") {
    return /^Too (small|big)/.test(issue.message) ? wrongSize(issue) : issue.message;
  }
  if (issue.code !== "invalid_union") return issue.message;
  const branches = firstsOf(issue).map(issueMessage);
  return branches.length === 0 ? issue.message : [...new Set(branches)].join(", or ");
}

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of keys and values",
  record: "a map of keys and values",
  null: "empty",
};

/** Undefined for what is more than a wrong kind of value. */
function wantedBy(issue: Issue): readonly string[] | undefined {
  if (issue.code === "invalid_type") return [KINDS[issue.expected] ?? issue.expected];
  if (issue.code === "invalid_value") return issue.values.map(String);
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return undefined;
  const branches = firstsOf(issue).map((one) =>
    one.path.length === 0 ? wantedBy(one) : undefined,
  );
  const known = branches.filter((wanted) => wanted !== undefined);
  return known.length === branches.length ? known.flat() : undefined;
}

/** Zod says it in the message only. */
function receivedBy(issue: Issue): string | undefined {
  const said = issue.code === "invalid_union" ? firstsOf(issue) : [issue];
  const received = said.map(({ message }) => /received (\w+)$/.exec(message)?.[1]);
  return received.find((kind) => kind !== undefined);
}

function firstsOf({ errors }: z.core.$ZodIssueInvalidUnion): readonly Issue[] {
  return errors.flatMap((branch) => branch.slice(0, 1));
}

function wrong(wanted: readonly string[], received: string | undefined): string {
  const what = orList([...new Set(wanted)]);
  if (received === undefined) return `has to be ${what}`;
  if (received === "undefined") return `is missing; it has to be ${what}`;
  const found = received === "number" && wanted.includes(KINDS.int ?? "") ? "is none" : undefined;
  const hint = hintFor(wanted, received);
  return `has to be ${what}, but ${found ?? `is ${KINDS[received] ?? received}`}${hint}`;
}

function hintFor(wanted: readonly string[], received: string): string {
  if (received === "null") return "; fill it in, or leave the key out";
  const single = ["string", "number", "boolean"].includes(received);
  if (!wanted.includes(KINDS.array ?? "")) return "";
  return single ? "; write it in [ ]" : "; each item of a list begins with a hyphen";
}

function wrongSize(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const least = issue.code === "too_small";
  const bound = least ? issue.minimum : issue.maximum;
  if (least && bound === 1 && ["string", "array"].includes(issue.origin)) {
    return "has to have something in it";
  }
  if (issue.inclusive === false) return `has to be ${least ? "more" : "less"} than ${bound}`;
  return `has to be ${least ? "at least" : "at most"} ${bound}`;
}

function orList(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
