import { badData } from "./bad-data.ts";

interface Entry {
  readonly cells: readonly string[];
  /** Where it begins, from 1; a quoted cell may span lines. */
  readonly line: number;
}

/**
 * Rows of a text with one header line, cells parted by `separator` and quoted with `"`. Every value is
 * a string, as prompt flow reads it; a row that ends early lacks the rest. DATA_INVALID otherwise.
 */
export function* delimitedRows(
  file: string,
  text: string,
  separator: "," | "\t",
): Generator<Readonly<Record<string, string>>> {
  const entries = entriesOf(file, text, separator);
  const header = entries.next().value?.cells;
  if (header === undefined) return;
  if (new Set(header).size < header.length) throw badData(file, 1, "names a column twice");
  for (const { cells, line } of entries) {
    if (cells.length > header.length) {
      throw badData(
        file,
        line,
        `has ${cells.length} cells, but there are ${header.length} columns`,
      );
    }
    yield Object.fromEntries(cells.map((cell, index) => [header[index] ?? "", cell]));
  }
}

function* entriesOf(file: string, text: string, separator: string): Generator<Entry, undefined> {
  const token = new RegExp(`"((?:[^"]|"")*)"|([^"${separator}\\r\\n][^${separator}\\r\\n]*)|`, "y");
  let cells: string[] = [];
  let line = 1;
  let begin = 1;
  let at = 0;
  while (at <= text.length) {
    token.lastIndex = at;
    const [whole = "", quoted, plain = ""] = token.exec(text) ?? [];
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    line += whole.split("\n").length - 1;
    at += whole.length;
    const end = text.startsWith("\r\n", at) ? "\r\n" : text.slice(at, at + 1);
    if (end !== separator && !["", "\n", "\r\n", "\r"].includes(end)) {
      throw badData(
        file,
        line,
        'has a quote that does not close; a quote inside a cell is written ""',
      );
    }
    at += Math.max(end.length, 1);
    if (end === separator) continue;
    if (cells.length > 1 || cells[0] !== "") yield { cells, line: begin };
    cells = [];
    line += end === "" ? 0 : 1;
    begin = line;
  }
  return undefined;
}
