import type { LineResult } from "#emulators/azure-ml/engine/engine.ts";
import type { Service } from "#emulators/azure-ml/service.ts";
import type { RunLine } from "#emulators/azure-ml/store/run-lines.ts";
import type { LineRecord } from "./child-run.ts";
import type { Run } from "./run.ts";

/** The lines that completed in the run that another one resumes, in order; none where it resumes nothing. */
export class KnownLines implements Iterable<LineResult> {
  readonly #service: Service;
  readonly #run: Run;
  readonly #lines = new WeakMap<LineResult, RunLine>();

  constructor(service: Service, run: Run) {
    this.#service = service;
    this.#run = run;
  }

  *[Symbol.iterator](): Generator<LineResult> {
    const { resumeFromRunId } = this.#run;
    if (!resumeFromRunId) return;
    for (const line of this.#service.runLines.all(resumeFromRunId)) {
      if (line.record["status"] !== "Completed") continue;
      const result = resultOf(line);
      this.#lines.set(result, line);
      yield result;
    }
  }

  /**
   * The line of a result that the engine hands on as it got it; undefined for one that was run. Its record belongs
   * to the new run, and keeps the id that it had.
   */
  copyOf(result: LineResult): RunLine | undefined {
    const line = this.#lines.get(result);
    const { runId } = this.#run;
    return (
      line && { ...line, record: { ...line.record, parent_run_id: runId, root_run_id: runId } }
    );
  }
}

function resultOf({ index, record, inputs, outputs, nodes, ...kept }: RunLine): LineResult {
  const { start_time, end_time, system_metrics } = record as LineRecord;
  const { prompt_tokens: prompt, completion_tokens: completion } = system_metrics;
  return {
    ...kept,
    lineNumber: index,
    status: "Completed",
    inputs,
    outputs,
    error: null,
    nodes,
    startedAt: new Date(start_time),
    endedAt: new Date(end_time),
    tokens: { prompt, completion },
  };
}
