import type { LineResult } from "#emulators/azure-ml/engine/engine.ts";
import { innerError } from "#emulators/azure-ml/errors.ts";
import type { RunLine } from "#emulators/azure-ml/store/run-lines.ts";

/** The record of one line, in the snake case that only childRuns and the artifacts use. */
export function childRun(runId: string, line: LineResult): RunLine {
  const { lineNumber: index, error, tokens } = line;
  const record = {
    run_id: `${runId}_${index}`,
    index,
    status: line.status,
    error: error && {
      message: error.message,
      messageFormat: error.messageFormat,
      code: error.code,
      innerError: innerError(error.innerCodes),
      referenceCode: null,
      additionalInfo: error.additionalInfo ?? null,
    },
    inputs: { ...line.inputs, line_number: index },
    output: line.outputs,
    result: line.outputs,
    parent_run_id: runId,
    root_run_id: runId,
    source_run_id: null,
    flow_id: "default_flow_id",
    start_time: line.startedAt.toISOString(),
    end_time: line.endedAt.toISOString(),
    system_metrics: {
      duration: (line.endedAt.getTime() - line.startedAt.getTime()) / 1000,
      prompt_tokens: tokens.prompt,
      completion_tokens: tokens.completion,
      total_tokens: tokens.prompt + tokens.completion,
    },
    api_calls: null,
    metrics: null,
    request: null,
    name: "",
    description: "",
    tags: null,
    upload_metrics: false,
    message_format: "basic",
  };
  return { index, record, inputs: line.inputs, outputs: line.outputs };
}
