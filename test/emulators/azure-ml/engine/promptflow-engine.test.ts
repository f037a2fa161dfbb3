import { join } from "node:path";
import { expect, test } from "vitest";
import type { Batch, LineResult } from "#emulators/azure-ml/engine/engine.ts";
import { Environments } from "#emulators/azure-ml/engine/environment/environments.ts";
import { createPromptflowEngine } from "#emulators/azure-ml/engine/promptflow/promptflow-engine.ts";
import { loadFlow } from "./run-flow.ts";

const { env } = process;
const PYTHON = ["python3", join(import.meta.dirname, "fake_promptflow.py")];

/** A flow that is loaded by a prompt flow which only pretends. */
const loadFake = (file = "flow.dag.yaml") =>
  loadFlow(
    { "flow.dag.yaml": "nodes: []\n" },
    {
      file,
      engine: (folder) =>
        createPromptflowEngine({
          environments: new Environments({ folder: join(folder, "python"), env }),
          home: join(folder, "home"),
          python: PYTHON,
          modelUrl: "http://127.0.0.1:9",
          env,
        }),
    },
  );

const aBatch = (values: readonly unknown[], more: Partial<Batch> = {}): Batch => ({
  data: values.map((n) => ({ n })),
  run: null,
  inputsMapping: {},
  ...more,
});

const breakLine = (line: number) => (line === 1 ? "broken here" : undefined);

test("broken lines are left out, and the first failing aggregation node is named", async () => {
  await using flow = await loadFake();
  const result = await flow.runBatch(aBatch([1, 2, 3], { breakLine }));
  expect(result.lines.map(({ status, outputs }) => [status, outputs])).toEqual([
    ["Completed", { n: 1 }],
    ["Failed", null],
    ["Completed", { n: 3 }],
  ]);
  expect(result.lines[1]).toMatchObject({
    inputs: { n: 2 },
    error: { message: "broken here", innerCodes: ["ToolExecutionError"] },
  });
  expect(result.lines[0]?.endedAt).toEqual(new Date("2026-01-01T00:00:01Z"));
  expect(result.metrics).toEqual({ odd: Number.NaN });
  expect(result.aggregationError).toMatchObject({ node: "rate", error: { message: "no rate" } });
});

test("lines are told once, as soon as they are known", async () => {
  await using flow = await loadFake();
  const told: LineResult[] = [];
  const onLine = (line: LineResult) => told.push(line);
  const { lines } = await flow.runBatch(aBatch([1, 2, 3], { breakLine, onLine }));
  expect(told.map(({ lineNumber }) => lineNumber)).toEqual([0, 2, 1]);
  expect(lines).toEqual([]);
});

test("prompt flow gets what is known of lines, and those of this engine are handed on as they are", async () => {
  await using flow = await loadFake();
  const first = await flow.runBatch(aBatch([1, 2, 3]));
  const [one, two, three] = first.lines as [LineResult, LineResult, LineResult];
  const ofAnother = { ...three, forAggregation: "[]" };
  const asked: number[] = [];
  const told: LineResult[] = [];
  const { lines, metrics } = await flow.runBatch(
    aBatch([1, 2, 3], {
      known: [one, ofAnother],
      breakLine: (line) => void asked.push(line),
      onLine: (line) => told.push(line),
    }),
  );

  expect(metrics).toMatchObject({ known: ['{"n": 1}', null, null] });
  expect(told[0]).toBe(one);
  expect(told).toEqual([one, two, three]);
  expect(asked).toEqual([1, 2]);
  expect(lines).toEqual([]);
});

test("a batch that is canceled ends with the signal's reason, and the flow runs again", async () => {
  await using flow = await loadFake();
  const stop = new AbortController();
  const running = flow.runBatch(
    aBatch(["hang"], { signal: stop.signal, onLine: () => stop.abort(new Error("enough")) }),
  );
  await expect(running).rejects.toThrow("enough");
  expect((await flow.runBatch(aBatch([4]))).lines).toHaveLength(1);
});

test("a process that dies fails the batch, and the flow runs again", async () => {
  await using flow = await loadFake();
  await expect(flow.runBatch(aBatch(["die"]))).rejects.toMatchObject({
    body: {
      code: "SystemError",
      innerCodes: ["ProcessCrashError"],
      message:
        "The process of prompt flow exited with code 7. See the run's log for what it printed last.",
    },
  });
  expect(await flow.serve({ n: 5 })).toMatchObject({ status: "Completed", outputs: { n: 5 } });
});

test("a request that prompt flow refuses is a failed line", async () => {
  await using flow = await loadFake();
  expect(await flow.serve({ q: "x" })).toMatchObject({
    status: "Failed",
    inputs: { q: "x" },
    outputs: null,
    error: { code: "UserError", innerCodes: ["ToolValidationError", "PythonLoadError"] },
  });
});

test("a module that is missing is told with what to do", async () => {
  await expect(loadFake("refused.yaml")).rejects.toMatchObject({
    body: {
      message:
        "Tool load failed in 'a': (PythonLoadError) No module named 'rapid.fuzz' The module 'rapid' is missing: add its package to the flow's requirements.txt, or put rapid.py into the flow folder.",
    },
  });
});

test("a process that dies while it loads is told", async () => {
  await expect(loadFake("dies.yaml")).rejects.toThrow(
    "The process of prompt flow exited with code 3.",
  );
});
