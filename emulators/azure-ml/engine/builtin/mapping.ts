import type { Batch, FlowError, FlowInput, Row, Rows } from "#emulators/azure-ml/engine/engine.ts";
import { flowError } from "./errors.ts";
import { hasDefault } from "./inputs.ts";
import { type JoinedLine, joinLines, readSources, type Source } from "./join-lines.ts";

export interface MappedLine {
  readonly lineNumber: number;
  readonly row: Row;
}

const BINDING = /^\$\{([^{}]*)\}$/;

/**
 * The rows that each line of the flow gets: sources joined by line number, columns by the mapping. They
 * are read as they are needed, so that a batch may be larger than memory.
 * Throws FlowError when nothing can be joined or a binding names no column.
 */
export function mapLines(
  inputs: Readonly<Record<string, FlowInput>>,
  batch: Pick<Batch, "data" | "run" | "inputsMapping">,
): Iterable<MappedLine> {
  const sources = readSources(batch);
  const mapping = completeMapping(inputs, batch);
  requireResolved(mapping, sources);
  return {
    *[Symbol.iterator]() {
      for (const joined of joinLines(sources)) {
        yield { lineNumber: joined.line, row: mapRow(mapping, joined) };
      }
    },
  };
}

/** Mostly the first line tells; where a column is nowhere, all of them have to be looked at. */
function requireResolved(mapping: ReadonlyMap<string, unknown>, sources: readonly Source[]): void {
  if (sources.length === 0) {
    throw flowError("EmptyInputsData", "The run has neither data nor another run to read from.");
  }
  const open = new Set([...mapping.values()].filter((value) => bindingOf(value) !== undefined));
  let joined = 0;
  for (const line of joinLines(sources)) {
    joined += 1;
    for (const value of open) if (lookUp(value, line)) open.delete(value);
    if (open.size === 0) return;
  }
  if (joined === 0) {
    const names = sources.map(({ name }) => name).join(", ");
    throw flowError("InputMappingError", `No line number is in every one of ${names}.`);
  }
  throw mappingError([...open].map(String));
}

/** An unmapped input with a default keeps the default: the column of its name does not count. */
function completeMapping(
  inputs: Readonly<Record<string, FlowInput>>,
  { inputsMapping, data }: Pick<Batch, "data" | "inputsMapping">,
): ReadonlyMap<string, unknown> {
  const complete = new Map<string, unknown>(
    Object.entries(inputsMapping).filter(([name]) => name !== "line_number"),
  );
  for (const [name, definition] of Object.entries(inputs)) {
    if (complete.has(name) || hasDefault(definition)) continue;
    if (!definition.optional || hasColumn(data ?? [], name)) complete.set(name, `\${data.${name}}`);
  }
  return complete;
}

function hasColumn(rows: Rows, name: string): boolean {
  for (const row of rows) if (Object.hasOwn(row, name)) return true;
  return false;
}

/** A column that only this row lacks leaves the input without a value. */
function mapRow(mapping: ReadonlyMap<string, unknown>, joined: JoinedLine): Row {
  const row: Record<string, unknown> = {};
  for (const [input, value] of mapping) {
    const found = bindingOf(value) === undefined ? { value } : lookUp(value, joined);
    if (found) row[input] = found.value;
  }
  return row;
}

function bindingOf(value: unknown): string | undefined {
  return typeof value === "string" ? BINDING.exec(value)?.[1] : undefined;
}

/** `data.a.b` is the column named "a.b"; there is no nested access. */
function lookUp(value: unknown, { rows }: JoinedLine) {
  const binding = bindingOf(value) ?? "";
  for (const [name, row] of rows) {
    const column = binding.slice(name.length + 1);
    if (binding.startsWith(`${name}.`) && Object.hasOwn(row, column)) {
      return { value: row[column] };
    }
  }
  return undefined;
}

function mappingError(unresolved: readonly string[]): FlowError {
  return flowError(
    "ApplyInputMappingError",
    `The input for batch run is incorrect. Couldn't find these mapping relations: ${unresolved.join(", ")}. Check the column mapping of the run and the columns of the data.`,
  );
}
