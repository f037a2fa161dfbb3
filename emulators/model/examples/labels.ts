export interface Label {
  readonly line: number;
  /** Lower case, without number and decoration: `**Q1:**` and `q:` are the same. */
  readonly key: string;
  /** What follows on the same line. */
  readonly inline: string;
}

const DECORATION = String.raw`^\s*(?:[-*+>]\s+|\(?\d+[.)]\s+)?(?:#{1,6}\s*)?(?:\*\*|__|\[)?`;
const NAME = String.raw`(\p{L}[\p{L}\p{N} _./()-]{0,39}?)`;
const NUMBER = String.raw`(?:\s*#?\d+)?`;
const WITH_COLON = new RegExp(
  String.raw`${DECORATION}${NAME}${NUMBER}\]?(?:\*\*|__)?\s*[::](?!//)(?:\*\*|__)?\s*(.*)$`,
  "u",
);
const HEADING = new RegExp(String.raw`^\s*#{1,6}\s+${NAME}${NUMBER}\s*$`, "u");
const MOST_WORDS = 4;

/** Lines that begin with a short name and a colon, and short markdown headings. */
export function findLabels(lines: readonly string[]): readonly Label[] {
  return lines.flatMap((text, line) => {
    const [, name, inline = ""] = WITH_COLON.exec(text) ?? HEADING.exec(text) ?? [];
    if (name === undefined || name.trim().split(/\s+/).length > MOST_WORDS) return [];
    return [{ line, key: name.trim().toLowerCase(), inline: inline.trim() }];
  });
}
