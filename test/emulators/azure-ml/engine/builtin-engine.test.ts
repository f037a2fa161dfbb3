import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createBuiltinEngine } from "#emulators/azure-ml/engine/builtin/builtin-engine.ts";
import { startModel } from "./model-server.ts";

const flow = (name: string) => fileURLToPath(new URL(`./flows/${name}`, import.meta.url));

test("a batch runs prompt, llm and python nodes per line and the aggregation node once", async () => {
  await using model = await startModel(({ body }) => body.messages.at(-1)?.content ?? "");
  const log: string[] = [];
  const engine = createBuiltinEngine({ modelUrl: model.url });
  await using loaded = await engine.load({
    folder: flow("classify"),
    file: "flow.dag.yaml",
    log: (line) => log.push(line),
  });

  const { lines, metrics, aggregationError } = await loaded.runBatch({
    data: [{ text: "Spam" }, { text: "ham" }, { text: "error" }],
    run: null,
    inputsMapping: { text: "${data.text}" },
  });

  expect(lines.map(({ lineNumber, status, outputs }) => ({ lineNumber, status, outputs }))).toEqual(
    [
      { lineNumber: 0, status: "Completed", outputs: { label: "spam", prompt: "- spam\n- ham\n" } },
      { lineNumber: 1, status: "Completed", outputs: { label: "ham", prompt: "- spam\n- ham\n" } },
      { lineNumber: 2, status: "Failed", outputs: null },
    ],
  );
  expect(lines[2]?.error).toMatchObject({
    message: "Execution failure in 'read_label': (ValueError) the model gave up",
    code: "UserError",
    innerCodes: ["ToolExecutionError"],
    additionalInfo: [
      {
        type: "ToolExecutionErrorDetails",
        info: { type: "ValueError", message: "the model gave up", lineno: 8, name: "read_label" },
      },
    ],
  });
  expect(lines[0]?.tokens).toEqual({ prompt: 10, completion: 2 });
  expect(lines[2]?.nodes).toEqual({
    examples: "Completed",
    ask: "Completed",
    read_label: "Failed",
  });
  expect(metrics).toEqual({ accuracy: 0.5 });
  expect(aggregationError).toBeNull();
  expect(log).toContain("line 0, read_label: labelled spam");
  expect(model.calls[0]?.body).toEqual({
    model: "gpt-4o",
    messages: [
      { role: "system", content: "Choose one of:\n- spam\n- ham" },
      { role: "user", content: "Spam" },
    ],
    temperature: 0.5,
    top_p: 1,
    n: 1,
    stream: false,
    max_tokens: 16,
  });
});
