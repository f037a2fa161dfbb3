import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { FlowError, type Row, type Rows } from "#emulators/azure-ml/engine/engine.ts";

const CHUNK_BYTES = 256 * 1024;

/** Rows of a run's data, and how many there are; each reading of them opens the files anew. */
export interface DataRows {
  readonly rows: Rows;
  readonly count: number;
}

/**
 * Rows of a run's data in file order; in a folder, its files first, then its sub-folders' (sorted).
 * All of them are looked at once: throws FlowError when a file cannot be read or nothing is in it.
 */
export function readRows(path: string): DataRows {
  const files = filesOf(path);
  const rows: Rows = {
    *[Symbol.iterator]() {
      for (const file of files) yield* rowsOf(file);
    },
  };
  let count = 0;
  for (const _row of rows) count += 1;
  if (count > 0) return { rows, count };
  throw dataError("EmptyInputsData", `Couldn't find any inputs data in '${basename(path)}'.`);
}

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const entries = readdirSync(path, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => join(path, name));
  for (const folder of entries.filter((entry) => entry.isDirectory())) {
    files.push(...filesOf(join(path, folder.name)));
  }
  return files;
}

function rowsOf(file: string): Rows {
  switch (extname(file).toLowerCase()) {
    case ".csv":
      return table(file, wholeText(file), ",");
    case ".tsv":
      return table(file, wholeText(file), "\t");
    case ".json":
      return array(file, wholeText(file));
    default:
      return jsonLines(file);
  }
}

function wholeText(file: string): string {
  return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
}

function* jsonLines(file: string): Generator<Row> {
  let at = 0;
  for (const line of linesOf(file)) {
    at += 1;
    if (line.trim() === "") continue;
    const row = parse(line);
    if (!isRow(row)) {
      throw dataError("InvalidUserData", `${basename(file)}, line ${at} is not a JSON object.`);
    }
    yield row;
  }
}

/** A carriage return stays at the end of its line. */
function* linesOf(file: string): Generator<string> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  // It leaves out a byte order mark.
  const decoder = new TextDecoder();
  const handle = openSync(file, "r");
  try {
    let rest = "";
    for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk)) {
      const lines = (rest + decoder.decode(chunk.subarray(0, read), { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
    yield rest + decoder.decode();
  } finally {
    closeSync(handle);
  }
}

function array(file: string, text: string): Row[] {
  const rows = parse(text);
  if (Array.isArray(rows) && rows.every(isRow)) return rows;
  throw dataError("InvalidUserData", `${basename(file)} is not a JSON array of objects.`);
}

/** Comma or tab separated, quotes doubled inside quotes; every value is text. */
function table(file: string, text: string, separator: string): Row[] {
  const [header, ...records] = recordsOf(text, separator);
  if (!header) return [];
  return records.map((cells, at) => {
    if (cells.length > header.length) {
      const message = `${basename(file)}, record ${at + 1} has ${cells.length} cells, the header ${header.length}.`;
      throw dataError("InvalidUserData", message);
    }
    return Object.fromEntries(header.map((name, column) => [name, cells[column] ?? ""]));
  });
}

function recordsOf(text: string, separator: string): string[][] {
  const cell = new RegExp(
    `(?:"((?:[^"]|"")*)"|([^"${separator}\\r\\n][^${separator}\\r\\n]*)?)(${separator}|\\r?\\n|$)`,
    "y",
  );
  const records: string[][] = [];
  let record: string[] = [];
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (!match) break;
    const [, quoted, plain, end] = match;
    record.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    if (end === separator) {
      if (cell.lastIndex === text.length) record.push("");
      else continue;
    }
    records.push(record);
    record = [];
  }
  return records.filter((cells) => cells.length > 1 || cells[0] !== "");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function dataError(code: string, message: string): FlowError {
  return new FlowError({ message, messageFormat: message, code: "UserError", innerCodes: [code] });
}
