import { describe, expect, test } from "vitest";
import type { LineResult } from "#emulators/azure-ml/engine/engine.ts";
import { ManualClock } from "#emulators/kit/clock.ts";
import { aTool, ref } from "./a-flow.ts";
import { startModel } from "./model-server.ts";
import { loadFlow, runFlow } from "./run-flow.ts";

const node = (name: string, input: string, more = "") =>
  `- {name: ${name}, type: python, source: {type: code, path: ${name}.py}, inputs: {n: "${ref(input)}"}${more}}`;
const python = (body: string, header = "") => ({
  "flow.dag.yaml": `
inputs: {n: {type: int}}
outputs: {out: {type: int, reference: "${ref("second.output")}"}}
nodes:
${node("first", "inputs.n")}
${node("second", "first.output")}
`,
  "first.py": aTool("def run(n)", "return n"),
  "second.py": `${header}\n${aTool("def run(n)", body)}`,
});
const asking = {
  "flow.dag.yaml": `
inputs: {n: {type: string}}
outputs: {out: {type: string, reference: "${ref("ask.output")}"}}
nodes:
- {name: ask, type: llm, source: {type: code, path: ask.jinja2}, connection: c, inputs: {number: "${ref("inputs.n")}", deployment_name: d}}
`,
  "ask.jinja2": "user:\n{{number}}\n",
};
const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));

describe("a line that takes too long", () => {
  test("fails in its python node, which is Canceled, and the process is replaced", async () => {
    const clock = new ManualClock();
    const files = python(
      "if n == 0:\n    print('stuck')\n    time.sleep(600)\nreturn n",
      "import time",
    );
    const { lines } = await runFlow(files, rows(2), {
      engine: { clock },
      environmentVariables: { PF_LINE_TIMEOUT_SEC: "5", PF_WORKER_COUNT: "1" },
      log: (line) => line.includes("stuck") && clock.advance(5_000),
    });

    expect(lines[0]).toMatchObject({
      status: "Failed",
      nodes: { first: "Completed", second: "Canceled" },
      error: {
        message: "Line 0 execution timeout for exceeding 5 seconds",
        code: "UserError",
        innerCodes: ["LineExecutionTimeoutError"],
      },
    });
    expect(lines[1]?.outputs).toEqual({ out: 1 });
  });

  test("fails in its llm node", async () => {
    const clock = new ManualClock();
    await using model = await startModel(() => {
      clock.advance(600_000);
      return new Promise<string>(() => undefined);
    });
    const { lines } = await runFlow(asking, rows(1), { engine: { modelUrl: model.url, clock } });

    expect(lines[0]?.error?.message).toBe("Line 0 execution timeout for exceeding 600 seconds");
    expect(lines[0]?.nodes).toEqual({ ask: "Canceled" });
  });
});

describe("a batch that takes too long", () => {
  const over =
    "The batch run failed due to timeout [5s]. Please adjust the timeout to a higher value: it is PF_BATCH_TIMEOUT_SEC.";
  const runUntilStuck = async (files: Readonly<Record<string, string>>) => {
    const clock = new ManualClock();
    const lines: LineResult[] = [];
    await using flow = await loadFlow(files, {
      engine: { clock },
      environmentVariables: { PF_BATCH_TIMEOUT_SEC: "5", PF_WORKER_COUNT: "1" },
      log: (line) => line.includes("stuck") && clock.advance(5_000),
    });
    const batch = { data: rows(3), run: null, inputsMapping: {} };
    const failure = await flow
      .runBatch({ ...batch, onLine: (line) => lines.push(line) })
      .catch((error: unknown) => error);
    return { failure, lines };
  };

  test("fails, with the lines that it had and the one that it was at", async () => {
    const stuck = "if n == 1:\n    print('stuck')\n    time.sleep(600)\nreturn n";
    const { failure, lines } = await runUntilStuck(python(stuck, "import time"));

    expect(failure).toMatchObject({
      body: { message: over, code: "UserError", innerCodes: ["BatchRunTimeoutError"] },
    });
    expect(lines.map(({ status }) => status)).toEqual(["Completed", "Failed"]);
    expect(lines[1]).toMatchObject({
      nodes: { first: "Completed", second: "Canceled" },
      error: {
        message:
          "Line 1 execution terminated due to the total batch run exceeding the batch timeout (5s).",
        innerCodes: ["BatchExecutionTimeoutError"],
      },
    });
  });

  test("fails in its aggregation too", async () => {
    const files = python("return n");
    const { failure, lines } = await runUntilStuck({
      ...files,
      "flow.dag.yaml": `${files["flow.dag.yaml"]}${node("all", "second.output", ", aggregation: true")}\n`,
      "all.py": `import time\n${aTool("def run(n)", "print('stuck')\ntime.sleep(600)")}`,
    });

    expect(failure).toMatchObject({ message: over });
    expect(lines.map(({ status }) => status)).toEqual(["Completed", "Completed", "Completed"]);
  });

  test("has a limit that is a number", async () => {
    const environmentVariables = { PF_BATCH_TIMEOUT_SEC: "soon" };

    await expect(loadFlow(asking, { environmentVariables })).rejects.toThrow(
      "PF_BATCH_TIMEOUT_SEC is 'soon'; it is a number above 0.",
    );
  });
});
