/** Text of others on one line, without meaning to Markdown. */
export function plain(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*[\]<>|&~]/g, (sign) => `\\${sign}`);
}

/** A name as code. Back quotes would end it. */
export function code(text: string): string {
  return `\`${text.replace(/\s+/g, " ").replaceAll("`", "'")}\``;
}

export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

/** Lines as they are, in a fence that none of them ends. */
export function fenced(lines: readonly string[]): readonly string[] {
  const longest = Math.max(2, ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map(lengthOf)));
  const fence = "`".repeat(longest + 1);
  return [`${fence}text`, ...lines, fence];
}

function lengthOf({ length }: string): number {
  return length;
}

/** Parts with an empty line between them; those without lines are left out. */
export function paragraphs(parts: readonly (readonly string[])[]): string {
  const texts = parts.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${texts.join("\n\n")}\n`;
}
