import {
  type Batch,
  type BatchResult,
  type FlowEngine,
  FlowError,
  type LineResult,
  type LoadedFlow,
  type Row,
} from "#emulators/azure-ml/engine/engine.ts";

const at = new Date("2026-01-01T00:00:00Z");

/** Answers every line with what it was given under `echo`; a question `boom` fails. */
export function createEchoEngine(more: Partial<LoadedFlow> = {}): FlowEngine {
  return {
    load: (source) => {
      if (source.environmentVariables?.["BROKEN"]) {
        const message = "The flow cannot be loaded: BROKEN is set.";
        const body = { message, messageFormat: message, code: "UserError" as const };
        return Promise.reject(new FlowError({ ...body, innerCodes: ["ValidationError"] }));
      }
      source.log?.(`loaded ${source.file}`);
      return Promise.resolve({ ...echoFlow(), ...more });
    },
  };
}

function echoFlow(): LoadedFlow {
  return {
    inputs: { question: { type: "string" } },
    nodes: ["echo"],
    runBatch: (batch) => Promise.resolve(runBatch(batch)),
    serve: (inputs) => Promise.resolve(line(0, inputs)),
    async [Symbol.asyncDispose]() {},
  };
}

function runBatch(batch: Batch): BatchResult {
  const rows: readonly Row[] = [...(batch.data ?? batch.run?.outputs ?? [])];
  const lines = rows.map((row, index) => {
    const result = line(index, row, batch.breakLine?.(index));
    batch.onLine?.(result);
    return result;
  });
  const right = lines.filter(({ status }) => status === "Completed").length;
  const metrics = { accuracy: right / lines.length, odd: Number.NaN };
  return { lines, metrics, aggregationError: null };
}

function line(lineNumber: number, inputs: Row, broken?: string): LineResult {
  const message = broken ?? (inputs["question"] === "boom" ? "boom" : undefined);
  const base = {
    lineNumber,
    inputs,
    startedAt: at,
    endedAt: at,
    tokens: { prompt: 3, completion: 2 },
  };
  if (message === undefined) {
    const outputs = { echo: inputs["question"] };
    return { ...base, status: "Completed", outputs, error: null, nodes: { echo: "Completed" } };
  }
  const error = {
    message: `Execution failure in 'echo': (Exception) ${message}`,
    messageFormat: "Execution failure in '{node_name}'.",
    code: "UserError" as const,
    innerCodes: ["ToolExecutionError"],
  };
  return { ...base, status: "Failed", outputs: null, error, nodes: { echo: "Failed" } };
}
