import { describe, expect, test } from "vitest";
import type { LineResult } from "#emulators/azure-ml/engine/engine.ts";
import { ManualClock } from "#emulators/kit/clock.ts";
import { aTool } from "./a-flow.ts";
import { llmFlow, pythonFlow, pythonNode, rows } from "./flows-of-numbers.ts";
import { startModel } from "./model-server.ts";
import { loadFlow, runFlow } from "./run-flow.ts";

describe("a line that takes too long", () => {
  test("fails in its python node, which is Canceled, and the process is replaced", async () => {
    const clock = new ManualClock();
    const files = pythonFlow(
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
    const { lines } = await runFlow(llmFlow, rows(1), { engine: { modelUrl: model.url, clock } });

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
    const { failure, lines } = await runUntilStuck(pythonFlow(stuck, "import time"));

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
    const files = pythonFlow("return n");
    const { failure, lines } = await runUntilStuck({
      ...files,
      "flow.dag.yaml": `${files["flow.dag.yaml"]}${pythonNode("all", "second.output", ", aggregation: true")}\n`,
      "all.py": `import time\n${aTool("def run(n)", "print('stuck')\ntime.sleep(600)")}`,
    });

    expect(failure).toMatchObject({ message: over });
    expect(lines.map(({ status }) => status)).toEqual(["Completed", "Completed", "Completed"]);
  });

  test("has a limit that is a number", async () => {
    const environmentVariables = { PF_BATCH_TIMEOUT_SEC: "soon" };

    await expect(loadFlow(llmFlow, { environmentVariables })).rejects.toThrow(
      "PF_BATCH_TIMEOUT_SEC is 'soon'; it is a number above 0.",
    );
  });
});
