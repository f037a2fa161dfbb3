import type { LineResult } from "#emulators/azure-ml/engine/engine.ts";
import type { FinishedLine } from "./flow-parts.ts";
import type { MappedLine } from "./mapping.ts";
import { decodeFromPython, encodeForPython } from "./python-values.ts";

export interface PlannedLine extends MappedLine {
  /** Of an earlier batch; undefined for a line that has to run. */
  readonly known: FinishedLine | undefined;
}

/** One pass over both, which ascend by line number. */
export function* withKnown(
  lines: Iterable<MappedLine>,
  known: Iterable<LineResult>,
): Generator<PlannedLine, void> {
  const results = known[Symbol.iterator]();
  try {
    let next = results.next();
    for (const line of lines) {
      while (!next.done && next.value.lineNumber < line.lineNumber) next = results.next();
      const isKnown = !next.done && next.value.lineNumber === line.lineNumber;
      yield { ...line, known: isKnown ? finishedLine(next.value as LineResult) : undefined };
    }
  } finally {
    results.return?.();
  }
}

/** With what a later batch needs to know of the line. */
export function keepForLater({ result, collected }: FinishedLine): FinishedLine {
  if (result.status === "Failed") return { result, collected };
  return { result: { ...result, forAggregation: encodeForPython([...collected]) }, collected };
}

/** Undefined for the line of another engine. */
function finishedLine(result: LineResult): FinishedLine | undefined {
  const collected = decodeFromPython(result.forAggregation ?? "null");
  return Array.isArray(collected) ? { result, collected: new Map(collected) } : undefined;
}
