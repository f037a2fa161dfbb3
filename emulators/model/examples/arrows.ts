import type { Example, Examples } from "./example.ts";

const ARROW = /->|=>|→|⇒/;
const BULLET = /^\s*(?:[-*+]|\d+[.)])\s+/;

/** `text -> answer`, a line each; the question is the line without an answer, else what follows. */
export function readArrows(text: string): Examples {
  const examples: Example[] = [];
  let open: string | undefined;
  let rest: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const parts = line.replace(BULLET, "").split(ARROW);
    const question = unquote(parts.slice(0, -1).join(" "));
    if (question === "") {
      rest.push(line);
      continue;
    }
    const answer = unquote(parts.at(-1) ?? "");
    rest = [];
    if (answer === "") open = question;
    else examples.push({ question, answer });
  }
  return { examples, question: open ?? rest.join("\n") };
}

function unquote(text: string): string {
  return text.trim().replace(/^(["'])(.*)\1$/, "$2");
}
