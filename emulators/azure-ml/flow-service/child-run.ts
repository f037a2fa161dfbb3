import type { LineResult } from "#emulators/azure-ml/engine/engine.ts";
import { innerError } from "#emulators/azure-ml/errors.ts";
import type { RunLine } from "#emulators/azure-ml/store/run-lines.ts";

/** What is kept of a line that was run. */
export function childRun(runId: string, line: LineResult): RunLine {
  const { lineNumber: index, inputs, outputs, nodes, forAggregation } = line;
  return {
    index,
    record: recordOf(runId, line),
    inputs,
    outputs,
    nodes,
    ...(forAggregation === undefined ? {} : { forAggregation }),
  };
}

export type LineRecord = ReturnType<typeof recordOf>;

/** In the snake case that only childRuns and the artifacts use. */
function recordOf(runId: string, line: LineResult) {
  const { lineNumber: index, error, tokens, inputs, outputs } = line;
  return {
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
    inputs: { ...inputs, line_number: index },
    output: outputs,
    result: outputs,
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
}
