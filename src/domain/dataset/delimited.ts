import type { PipelineError } from "#domain/errors.ts";
import { badData } from "./bad-data.ts";

interface Entry {
  readonly cells: readonly string[];
  /** Where it begins, from 1; a quoted cell may span lines. */
  readonly line: number;
}

/** A row over so much text has lost a quote. */
const MAX_RECORD_CHARS = 1024 * 1024;

type Separator = "," | "\t";

/**
 * Rows of lines of which the first is a header, cells parted by `separator` and quoted with `"`. Every
 * value is a string, as prompt flow reads it; a row that ends early lacks the rest. DATA_INVALID otherwise.
 */
export async function* delimitedRows(
  file: string,
  lines: AsyncIterable<readonly string[]>,
  separator: Separator,
): AsyncGenerator<readonly Readonly<Record<string, string>>[]> {
  let header: readonly string[] | undefined;

  function* rowsOf(entries: Iterable<Entry>) {
    for (const { cells, line } of entries) {
      if (header === undefined) {
        header = cells;
        checkHeader(file, header, separator);
        continue;
      }
      const names = header;
      if (cells.length > names.length) {
        throw badData(
          file,
          line,
          `has ${cells.length} cells, but there are ${names.length} columns; a cell with ${MARKS[separator]} in it stands in quotes`,
        );
      }
      yield Object.fromEntries(cells.map((cell, index) => [names[index] ?? "", cell]));
    }
  }

  const { entriesIn, entriesLeft } = createEntries(file, separator);
  for await (const some of lines) yield [...rowsOf(entriesIn(some))];
  yield [...rowsOf(entriesLeft())];
}

const MARKS: Readonly<Record<string, string>> = { ",": "commas", ";": "semicolons", "\t": "tabs" };

function checkHeader(file: string, header: readonly string[], separator: Separator): void {
  const twice = header.findIndex((name, index) => header.indexOf(name) < index);
  if (twice !== -1) {
    const first = header.indexOf(header[twice] ?? "");
    const cells = `cell ${first + 1} and cell ${twice + 1} are the same`;
    throw badData(file, 1, `names a column twice: ${cells}; rename one`);
  }
  const other = [",", ";", "\t"].find((mark) => mark !== separator && header[0]?.includes(mark));
  if (header.length === 1 && other !== undefined) {
    const wanted = separator === "," ? "commas" : "tabs, or call the file .csv";
    const mark = MARKS[other];
    throw badData(file, 1, `has one column with ${mark} in its name; part cells by ${wanted}`);
  }
}

/** A line alone is an entry, or as many as the quotes of its cells span. */
function createEntries(file: string, separator: Separator) {
  let held: string[] = [];
  let chars = 0;
  let first = 1;

  function* entriesLeft(): Generator<Entry> {
    if (held.length === 0) return;
    yield* entriesOf(file, held.join("\n"), separator, first);
    first += held.length;
    held = [];
    chars = 0;
  }

  return {
    *entriesIn(lines: readonly string[]): Generator<Entry> {
      for (const line of lines) {
        held.push(line);
        chars += line.length;
        if (held.length > 1 && chars > MAX_RECORD_CHARS) throw unclosed(file, first);
        // Only a quote can close a quote.
        if (held.length > 1 && !line.includes('"')) continue;
        if (!isOpen(held.join("\n"), separator)) yield* entriesLeft();
      }
    },

    /** What the last line of all left open. */
    entriesLeft,
  };
}

function unclosed(file: string, line: number): PipelineError {
  return badData(
    file,
    line,
    'has a quote that does not close; a quote inside a cell is written ""',
  );
}

function tokenOf(separator: Separator): RegExp {
  return new RegExp(`"((?:[^"]|"")*)"|([^"${separator}\\r\\n][^${separator}\\r\\n]*)|`, "y");
}

/** Whether a text ends within quotes: what comes next then belongs to its last cell. */
function isOpen(text: string, separator: Separator): boolean {
  if (!text.includes('"')) return false;
  const token = tokenOf(separator);
  for (let at = 0; at <= text.length; at += 1) {
    token.lastIndex = at;
    at += token.exec(text)?.[0].length ?? 0;
    if (text[at] === '"') return true;
  }
  return false;
}

function* entriesOf(
  file: string,
  text: string,
  separator: Separator,
  first: number,
): Generator<Entry> {
  const token = tokenOf(separator);
  let cells: string[] = [];
  let line = first;
  let begin = first;
  let at = 0;
  while (at <= text.length) {
    token.lastIndex = at;
    const [whole = "", quoted, plain = ""] = token.exec(text) ?? [];
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    line += whole.split("\n").length - 1;
    at += whole.length;
    const end = text.startsWith("\r\n", at) ? "\r\n" : text.slice(at, at + 1);
    if (end !== separator && !["", "\n", "\r\n", "\r"].includes(end)) {
      throw unclosed(file, line);
    }
    at += Math.max(end.length, 1);
    if (end === separator) continue;
    if (cells.length > 1 || cells[0] !== "") yield { cells, line: begin };
    cells = [];
    line += end === "" ? 0 : 1;
    begin = line;
  }
}
