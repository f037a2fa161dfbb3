import {
  type Batch,
  type BatchResult,
  type FlowEngine,
  FlowError,
  type LineResult,
  type Row,
} from "#emulators/azure-ml/engine/engine.ts";

const at = new Date("2026-01-01T00:00:00Z");

/**
 * A flow of two kinds: with data alone it answers every question in capitals ("boom" fails), over a
 * run it grades its answers ("BOUM" cannot be graded). A run with the variable BROKEN does not load.
 */
export function createGradeEngine(metrics: Readonly<Record<string, unknown>> = {}): FlowEngine {
  return {
    async load({ environmentVariables }) {
      if (environmentVariables?.["BROKEN"]) throw brokenFlow();
      return {
        inputs: { question: { type: "string" } },
        nodes: ["answer"],
        runBatch: async (batch) => runBatch(batch, metrics),
        serve: async (inputs) => answer(0, inputs),
        async [Symbol.asyncDispose]() {},
      };
    },
  };
}

function runBatch(batch: Batch, metrics: Readonly<Record<string, unknown>>): BatchResult {
  const data = [...(batch.data ?? [])];
  const lines = batch.run
    ? [...batch.run.outputs].map((row) => grade(row, data))
    : data.map((row, index) => answer(index, row));
  for (const line of lines) batch.onLine?.(line);
  const right = lines.filter(({ outputs }) => outputs?.["grade"] === "Correct").length;
  const logged = batch.run ? { accuracy: right / lines.length, ...metrics } : {};
  return { lines, metrics: logged, aggregationError: null };
}

function answer(lineNumber: number, row: Row): LineResult {
  const question = String(row["question"]);
  if (question === "boom") return line(lineNumber, row, null, "boom");
  return line(lineNumber, row, { category: question.toUpperCase() });
}

function grade(row: Row, data: readonly Row[]): LineResult {
  const lineNumber = Number(row["line_number"]);
  const { category } = row;
  if (category === "BOUM") return line(lineNumber, row, null, "boum");
  if (category === "SILENT") return line(lineNumber, row, {});
  const isRight = data[lineNumber]?.["answer"] === category;
  return line(lineNumber, row, { grade: isRight ? "Correct" : "Incorrect" });
}

function line(lineNumber: number, inputs: Row, outputs: Row | null, failure?: string): LineResult {
  const error = failure === undefined ? null : lineError(failure);
  const status = error ? "Failed" : "Completed";
  const nodes = { answer: status } as const;
  const tokens = { prompt: 0, completion: 0 };
  return { lineNumber, status, inputs, outputs, error, nodes, startedAt: at, endedAt: at, tokens };
}

function lineError(message: string) {
  return {
    message: `Execution failure in 'answer': (ValueError) ${message}`,
    messageFormat: "Execution failure in '{node_name}'.",
    code: "UserError" as const,
    innerCodes: ["ToolExecutionError"],
    additionalInfo: [
      {
        type: "ToolExecutionErrorDetails",
        info: { type: "ValueError", message, filename: "/tmp/x/qa/answer.py", lineno: 9 },
      },
    ],
  };
}

function brokenFlow(): FlowError {
  return new FlowError({
    message: "Failed to load python file 'answer.py': invalid syntax.",
    messageFormat: "Failed to load python file.",
    code: "UserError",
    innerCodes: ["ToolValidationError", "PythonParsingError", "PythonLoadError"],
    additionalInfo: [
      {
        type: "ToolExecutionErrorDetails",
        info: { type: "SyntaxError", filename: "/tmp/runs/x/qa/answer.py", lineno: 3 },
      },
    ],
  });
}
