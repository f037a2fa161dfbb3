import type { Example, Examples } from "./example.ts";

/** Markdown tables: the answer is the last column; the question is the row without one, else what follows. */
export function readTable(text: string): Examples {
  const examples: Example[] = [];
  let open: string | undefined;
  let rest: string[] = [];
  const lines = text.split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    const cells = readCells(line);
    if (cells.length < 2) {
      rest.push(line);
      continue;
    }
    rest = [];
    // A divider is no row, and neither is the line of titles above it.
    if (isDivider(line) || isDivider(lines[index + 1])) continue;
    const question = cells.slice(0, -1).join("\n");
    const answer = cells.at(-1) ?? "";
    if (answer === "") open = question;
    else examples.push({ question, answer });
  }
  return { examples, question: open ?? rest.join("\n") };
}

function readCells(line: string): readonly string[] {
  const row = line.trim();
  if (!row.startsWith("|") || !row.endsWith("|") || row.length < 2) return [];
  return row
    .slice(1, -1)
    .split("|")
    .map((cell) => cell.trim());
}

function isDivider(line = ""): boolean {
  return line.includes("-") && /^[\s|:-]+$/.test(line);
}
