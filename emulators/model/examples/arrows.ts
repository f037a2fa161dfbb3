import type { Example, Examples } from "./example.ts";

const ARROW = /^\s*(?:[-*+]\s+|\d+[.)]\s+)?(.*\S)\s*(?:->|=>|→|⇒)\s*(.*)$/u;

/** `text -> answer`, a line each; the question is the line without an answer, else what follows. */
export function readArrows(text: string): Examples {
  const examples: Example[] = [];
  let open: string | undefined;
  let rest: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const [, question, answer] = ARROW.exec(line) ?? [];
    if (question === undefined) {
      rest.push(line);
      continue;
    }
    rest = [];
    if (answer?.trim()) examples.push({ question: unquote(question), answer: unquote(answer) });
    else open = question;
  }
  return { examples, question: open ?? rest.join("\n") };
}

function unquote(text: string): string {
  return text.trim().replace(/^(["'])(.*)\1$/, "$2");
}
