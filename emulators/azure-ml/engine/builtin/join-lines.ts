import type { Batch, Row, Rows } from "#emulators/azure-ml/engine/engine.ts";
import { flowError } from "./errors.ts";

/** A source of columns, in the order of its line numbers. */
export interface Source {
  readonly name: string;
  entries(): Iterable<Entry>;
}

interface Entry {
  readonly line: number;
  readonly row: Row;
}

/** What all sources have under one line number. */
export interface JoinedLine {
  readonly line: number;
  readonly rows: ReadonlyMap<string, Row>;
}

/** Throws FlowError when one is empty, or rows cannot be told by their place. */
export function readSources({ data, run }: Pick<Batch, "data" | "run">): readonly Source[] {
  const named: [string, Rows][] = [];
  if (data) named.push(["data", data]);
  if (run) named.push(["run.inputs", run.inputs], ["run.outputs", run.outputs]);
  const looked = named.map(([name, rows]) => ({ name, rows, ...lookAt(rows) }));
  for (const { name, count } of looked) {
    if (count === 0) {
      throw flowError("EmptyInputsData", `There is no row in '${name}'. Add at least one.`);
    }
  }
  requireAligned(looked);
  return looked.map(({ name, rows, ascending }) => ({
    name,
    entries: () => (ascending ? numbered(rows) : sorted(rows)),
  }));
}

/** What has to be known of a source before its first line can run. */
interface Look {
  readonly count: number;
  readonly hasNumbers: boolean;
  /** Whether each line number is above the one before. */
  readonly ascending: boolean;
}

function lookAt(rows: Rows): Look {
  let count = 0;
  let hasNumbers = false;
  let ascending = true;
  let last = Number.NEGATIVE_INFINITY;
  for (const { line, row } of numbered(rows)) {
    count += 1;
    hasNumbers ||= isNumbered(row);
    ascending &&= line > last;
    last = line;
  }
  return { count, hasNumbers, ascending };
}

/** Rows without numbers are joined by their place, so there have to be as many in every source that has none. */
function requireAligned(sources: readonly (Look & { readonly name: string })[]): void {
  const unnumbered = sources.filter(({ hasNumbers }) => !hasNumbers);
  if (new Set(unnumbered.map(({ count }) => count)).size <= 1) return;
  const sizes = unnumbered.map(({ name, count }) => `${name}: ${count}`).join(", ");
  throw flowError(
    "InputMappingError",
    `Line numbers are not aligned: sources whose rows have no 'line_number' have different lengths (${sizes}). Give them the same number of rows.`,
  );
}

/** A user's column that happens to be called `line_number` is the key too, as in prompt flow. */
function* numbered(rows: Rows): Generator<Entry> {
  let index = 0;
  for (const row of rows) {
    yield { line: isNumbered(row) ? Number(row.line_number) : index, row };
    index += 1;
  }
}

/** Held whole, for numbers that are not in order; of rows with the same number the last one counts. */
function sorted(rows: Rows): readonly Entry[] {
  const byLine = new Map<number, Row>();
  for (const { line, row } of numbered(rows)) byLine.set(line, row);
  return [...byLine].map(([line, row]) => ({ line, row })).sort((a, b) => a.line - b.line);
}

function isNumbered(row: Row): boolean {
  return Object.hasOwn(row, "line_number") && Number.isFinite(Number(row.line_number));
}

/** One pass over all sources at once; it ends with the first source that does. */
export function* joinLines(sources: readonly Source[]): Generator<JoinedLine> {
  const cursors = sources.map(({ name, entries }) => new Cursor(name, entries()));
  try {
    while (cursors.every(({ entry }) => entry !== undefined)) {
      const heads = cursors.flatMap(({ name, entry }) => (entry ? [{ name, ...entry }] : []));
      const line = Math.max(...heads.map((head) => head.line));
      const isJoined = heads.every((head) => head.line === line);
      if (isJoined) yield { line, rows: new Map(heads.map(({ name, row }) => [name, row])) };
      for (const cursor of cursors) if (isJoined || cursor.isBefore(line)) cursor.move();
    }
  } finally {
    for (const cursor of cursors) cursor.close();
  }
}

/** Where the join is in one source. */
class Cursor {
  readonly name: string;
  /** Undefined behind the last one. */
  entry: Entry | undefined;
  readonly #entries: Iterator<Entry>;

  constructor(name: string, entries: Iterable<Entry>) {
    this.name = name;
    this.#entries = entries[Symbol.iterator]();
    this.move();
  }

  isBefore(line: number): boolean {
    return this.entry !== undefined && this.entry.line < line;
  }

  move(): void {
    const next = this.#entries.next();
    this.entry = next.done ? undefined : next.value;
  }

  /** A file or a statement may be open behind rows that nobody reads to their end. */
  close(): void {
    this.#entries.return?.();
  }
}
