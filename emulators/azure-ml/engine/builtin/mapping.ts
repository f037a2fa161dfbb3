import type { Batch, FlowInput, Row } from "#emulators/azure-ml/engine/engine.ts";
import { FlowError } from "#emulators/azure-ml/engine/engine.ts";
import { userError } from "./errors.ts";
import { hasDefault } from "./inputs.ts";

export interface MappedLine {
  readonly lineNumber: number;
  readonly row: Row;
}

type Sources = ReadonlyMap<string, ReadonlyMap<number, Row>>;

const BINDING = /^\$\{([^{}]*)\}$/;

/**
 * The rows that each line of the flow gets: sources joined by line number, columns by the mapping.
 * Throws FlowError when nothing can be joined or a binding names no column.
 */
export function mapLines(
  inputs: Readonly<Record<string, FlowInput>>,
  batch: Pick<Batch, "data" | "run" | "inputsMapping">,
): readonly MappedLine[] {
  const sources = readSources(batch);
  const mapping = completeMapping(inputs, batch);
  const lines = joinLines(sources);
  const unresolved = [...mapping.values()].filter(
    (value) =>
      bindingOf(value) !== undefined && !lines.some((line) => lookUp(value, sources, line)),
  );
  if (unresolved.length > 0) throw mappingError([...new Set(unresolved.map(String))]);
  return lines.map((lineNumber) => ({ lineNumber, row: mapRow(mapping, sources, lineNumber) }));
}

function readSources({ data, run }: Pick<Batch, "data" | "run">): Sources {
  const named: [string, readonly Row[]][] = [];
  if (data) named.push(["data", data]);
  if (run) named.push(["run.inputs", run.inputs], ["run.outputs", run.outputs]);
  for (const [name, rows] of named) {
    if (rows.length === 0) {
      throw mappingFailure("EmptyInputsData", `There is no row in '${name}'. Add at least one.`);
    }
  }
  requireAligned(named);
  return new Map(named.map(([name, rows]) => [name, keyed(rows)]));
}

function requireAligned(named: readonly [string, readonly Row[]][]): void {
  const longest = Math.max(0, ...named.map(([, rows]) => rows.length));
  const short = named.find(([, rows]) => rows.length < longest && !rows.some(isNumbered));
  if (!short) return;
  const sizes = named.map(([name, rows]) => `${name}: ${rows.length}`).join(", ");
  throw mappingFailure(
    "MappingSourceNotAligned",
    `Line numbers are not aligned: '${short[0]}' has fewer rows and no 'line_number' (${sizes}). Give every source the same rows.`,
  );
}

/** A user's column that happens to be called `line_number` is the key too, as in prompt flow. */
function keyed(rows: readonly Row[]): ReadonlyMap<number, Row> {
  return new Map(
    rows.map((row, index) => [isNumbered(row) ? Number(row.line_number) : index, row]),
  );
}

function isNumbered(row: Row): boolean {
  return Object.hasOwn(row, "line_number") && Number.isFinite(Number(row.line_number));
}

function joinLines(sources: Sources): readonly number[] {
  const [first, ...others] = [...sources.values()];
  if (!first)
    throw mappingFailure(
      "EmptyInputsData",
      "The run has neither data nor another run to read from.",
    );
  const common = [...first.keys()].filter((line) => others.every((rows) => rows.has(line)));
  if (common.length === 0) {
    throw mappingFailure(
      "EmptyInputsData",
      `No line number is in every one of ${[...sources.keys()].join(", ")}.`,
    );
  }
  return common.sort((a, b) => a - b);
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
    const isThere = data?.some((row) => Object.hasOwn(row, name));
    if (isThere || !definition.optional) complete.set(name, `\${data.${name}}`);
  }
  return complete;
}

/** A column that only this row lacks leaves the input without a value. */
function mapRow(mapping: ReadonlyMap<string, unknown>, sources: Sources, lineNumber: number): Row {
  const row: Record<string, unknown> = {};
  for (const [input, value] of mapping) {
    const found = bindingOf(value) === undefined ? { value } : lookUp(value, sources, lineNumber);
    if (found) row[input] = found.value;
  }
  return row;
}

function bindingOf(value: unknown): string | undefined {
  return typeof value === "string" ? BINDING.exec(value)?.[1] : undefined;
}

/** `data.a.b` is the column named "a.b"; there is no nested access. */
function lookUp(value: unknown, sources: Sources, lineNumber: number) {
  const binding = bindingOf(value) ?? "";
  for (const [name, rows] of sources) {
    const row = rows.get(lineNumber);
    const column = binding.slice(name.length + 1);
    if (row && binding.startsWith(`${name}.`) && Object.hasOwn(row, column)) {
      return { value: row[column] };
    }
  }
  return undefined;
}

function mappingError(unresolved: readonly string[]): FlowError {
  return mappingFailure(
    "ApplyInputMappingError",
    `The input for batch run is incorrect. Couldn't find these mapping relations: ${unresolved.join(", ")}. Check the column mapping of the run and the columns of the data.`,
  );
}

function mappingFailure(code: string, message: string): FlowError {
  return new FlowError(userError(["ValidationError", code], message));
}
