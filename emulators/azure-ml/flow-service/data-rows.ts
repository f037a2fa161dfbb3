import { readdir, readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { FlowError, type Row } from "#emulators/azure-ml/engine/engine.ts";

/**
 * Rows of a run's data in file order; in a folder, its files first, then its sub-folders' (sorted).
 * Rejects with FlowError when a file cannot be read or nothing is in it.
 */
export async function readRows(path: string): Promise<Row[]> {
  const files = await filesOf(path);
  const rows: Row[] = [];
  for (const file of files) rows.push(...rowsOf(file, await readFile(file, "utf8")));
  if (rows.length > 0) return rows;
  throw dataError("EmptyInputsData", `Couldn't find any inputs data in '${basename(path)}'.`);
}

async function filesOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return [path];
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => join(path, name));
  for (const folder of entries.filter((entry) => entry.isDirectory())) {
    files.push(...(await filesOf(join(path, folder.name))));
  }
  return files;
}

function rowsOf(file: string, raw: string): Row[] {
  const text = raw.replace(/^\uFEFF/, "");
  switch (extname(file).toLowerCase()) {
    case ".csv":
      return table(file, text, ",");
    case ".tsv":
      return table(file, text, "\t");
    case ".json":
      return array(file, text);
    default:
      return lines(file, text);
  }
}

function lines(file: string, text: string): Row[] {
  const numbered = text.split(/\r?\n/).map((line, at) => ({ line, at: at + 1 }));
  return numbered
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, at }) => {
      const row = parse(line);
      if (isRow(row)) return row;
      throw dataError("InvalidUserData", `${basename(file)}, line ${at} is not a JSON object.`);
    });
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
