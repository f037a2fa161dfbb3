import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { checkPython } from "#emulators/azure-ml/engine/builtin/check-python.ts";
import type { LineResult } from "#emulators/azure-ml/engine/engine.ts";
import { aFlow, aTool, ref } from "./a-flow.ts";
import { llmFlow, pythonFlow, rows } from "./flows-of-numbers.ts";
import { startModel } from "./model-server.ts";
import { loadFlow, runFlow } from "./run-flow.ts";

const WORKER = fileURLToPath(
  import.meta.resolve("#emulators/azure-ml/engine/builtin/python/worker.py"),
);

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("the standard library suffices", async () => {
  const engine = { python: ["python3", "-I", "-S"] };
  const { lines } = await runFlow(pythonFlow("return n + 1"), rows(2), { engine });

  expect(lines.map(({ outputs }) => outputs)).toEqual([{ out: 1 }, { out: 2 }]);
});

test("at least 20 lines wait for the model at once", async () => {
  const all = Promise.withResolvers<void>();
  await using model = await startModel(async () => {
    if (model.calls.length === 20) all.resolve();
    await all.promise;
    return "yes";
  });
  const { lines } = await runFlow(llmFlow, rows(20), { engine: { modelUrl: model.url } });

  expect(lines.map(({ status }) => status)).toEqual(Array(20).fill("Completed"));
});

test("no more lines than PF_WORKER_COUNT says wait for the model at once", async () => {
  const three = Promise.withResolvers<void>();
  let waiting = 0;
  let most = 0;
  await using model = await startModel(async () => {
    waiting += 1;
    most = Math.max(most, waiting);
    if (waiting === 3) three.resolve();
    await three.promise;
    waiting -= 1;
    return "yes";
  });
  const given = {
    engine: { modelUrl: model.url },
    environmentVariables: { PF_WORKER_COUNT: "3" },
  };
  const { lines } = await runFlow(llmFlow, rows(20), given);

  expect(lines.map(({ status }) => status)).toEqual(Array(20).fill("Completed"));
  expect(most).toBe(3);
});

test("python lines spread over four processes, or as many as PF_WORKER_COUNT says", async () => {
  const pids = async (environmentVariables: Record<string, string>) => {
    const { lines } = await runFlow(pythonFlow("return os.getpid()", "import os"), rows(12), {
      environmentVariables,
    });
    return new Set(lines.map(({ outputs }) => outputs?.out)).size;
  };

  expect(await pids({})).toBe(4);
  expect(await pids({ PF_WORKER_COUNT: "2" })).toBe(2);
});

test("a process that dies fails its line only", async () => {
  const log: string[] = [];
  const files = pythonFlow(
    "if n == 1:\n    print('going')\n    os._exit(3)\nreturn n",
    "import os",
  );
  const { lines } = await runFlow(files, rows(6), {
    environmentVariables: { PF_WORKER_COUNT: "1" },
    log: (line) => log.push(line),
  });

  expect(lines.map(({ status }) => status)).toEqual([
    "Completed",
    "Failed",
    "Completed",
    "Completed",
    "Completed",
    "Completed",
  ]);
  expect(lines[1]?.error).toMatchObject({
    message:
      "The Python process exited with code 3 while it executed line 1 in node 'second'. See the run's log for what it printed last.",
    code: "UserError",
    innerCodes: ["ProcessCrashError"],
  });
  expect(lines[1]?.nodes).toEqual({ first: "Completed", second: "Failed" });
  expect(log).toContain("line 1, second: going");
});

test("a process whose parent is gone ends, whatever it is doing", async () => {
  await using flow = await aFlow(pythonFlow("print('stuck')\ntime.sleep(600)", "import time"));
  const worker = spawn("python3", ["-B", WORKER], { cwd: flow.folder });
  const nodes = [{ name: "second", path: "second.py" }];
  const commands = [
    { id: 1, do: "load", folder: flow.folder, environment: {}, nodes },
    { id: 2, do: "call", line: 0, node: "second", arguments: { n: { value: 1 } } },
  ];
  const ended = once(worker, "close");
  worker.stdin.write(commands.map((command) => `${JSON.stringify(command)}\n`).join(""));
  let printed = "";
  for await (const text of worker.stderr) {
    printed += text;
    // The line break may come apart; closing the pipe before it would end the process otherwise.
    if (printed.includes("stuck\n")) break;
  }
  worker.stdin.end();

  expect(await ended).toEqual([0, null]);
});

test("the log is whole when the run ends", async () => {
  const log: string[] = [];
  const files = pythonFlow("for i in range(5000):\n    print(f'{i} ' + 'x' * 100)\nreturn n");
  await runFlow(files, rows(1), { log: (line) => log.push(line) });

  expect(log).toHaveLength(5_000);
});

test("exit() in a tool is an exception of the tool", async () => {
  const { lines } = await runFlow(pythonFlow("raise SystemExit('bye')"), rows(1));

  expect(lines[0]?.error?.message).toBe("Execution failure in 'second': (SystemExit) bye");
});

describe("cancel", () => {
  test("ends python at once, and the flow can run again", async () => {
    const canceling = new AbortController();
    await using loaded = await loadFlow(
      pythonFlow("print('stuck')\ntime.sleep(600 if n else 0)\nreturn n", "import time"),
      {
        log: (line) =>
          line.includes("line 1, second: stuck") && canceling.abort(new Error("canceled")),
      },
    );
    const batch = { data: rows(40), run: null, inputsMapping: {}, signal: canceling.signal };

    await expect(loaded.runBatch(batch)).rejects.toThrow("canceled");
    await expect(loaded.runBatch(batch)).rejects.toThrow("canceled");
    const { lines } = await loaded.runBatch({ data: rows(1), run: null, inputsMapping: {} });
    expect(lines[0]?.outputs).toEqual({ out: 0 });
  });

  test("ends calls to the model", async () => {
    const canceling = new AbortController();
    await using model = await startModel(() => {
      canceling.abort(new Error("canceled"));
      return new Promise<string>(() => undefined);
    });
    await using loaded = await loadFlow(llmFlow, { engine: { modelUrl: model.url } });
    const batch = { data: rows(40), run: null, inputsMapping: {}, signal: canceling.signal };

    await expect(loaded.runBatch(batch)).rejects.toThrow("canceled");
  });
});

test("a broken line fails with its message and runs no node", async () => {
  await using loaded = await loadFlow(pythonFlow("return n"));
  const seen: LineResult[] = [];
  const { lines } = await loaded.runBatch({
    data: rows(2),
    run: null,
    inputsMapping: {},
    breakLine: (line) => (line === 1 ? "broken on request" : undefined),
    onLine: (line) => seen.push(line),
  });
  seen.sort((a, b) => a.lineNumber - b.lineNumber);

  expect(
    seen.map(({ status, error, nodes }) => [status, error?.message, Object.keys(nodes)]),
  ).toEqual([
    ["Completed", undefined, ["first", "second"]],
    ["Failed", "broken on request", []],
  ]);
  expect(lines).toEqual([]);
});

test("disposing leaves no process, and no copy of the folder", async () => {
  await using shared = await aFlow({
    "shared.py": "WORD = 'shared'\n",
    "pack/inner.py": "WORD = 'inner'\n",
  });
  const files = {
    "flow.dag.yaml": `
additional_includes: ["${join(shared.folder, "shared.py")}", "${join(shared.folder, "pack")}"]
inputs: {n: {type: int}}
outputs: {out: {type: object, reference: "${ref("first.output")}"}}
nodes:
- {name: first, type: python, source: {type: code, path: first.py}}
`,
    "first.py": `import os, shared\nfrom pack.inner import WORD\n${aTool("def run()", "return [os.getpid(), os.getcwd(), shared.WORD, WORD]")}`,
  };
  let pid = 0;
  let folder = "";
  {
    await using loaded = await loadFlow(files);
    const { lines } = await loaded.runBatch({ data: rows(1), run: null, inputsMapping: {} });
    const out = lines[0]?.outputs?.out as [number, string, string, string];
    [pid, folder] = out;
    expect(out.slice(2)).toEqual(["shared", "inner"]);
    expect(folder).not.toBe(loaded.folder);
    expect(existsSync(join(loaded.folder, "shared.py"))).toBe(false);
    expect(await readFile(join(folder, "shared.py"), "utf8")).toBe("WORD = 'shared'\n");
  }

  expect(isRunning(pid)).toBe(false);
  expect(existsSync(folder)).toBe(false);
});

describe("Python is checked", () => {
  test("its version is told", async () => {
    expect(await checkPython(["python3", "-I"])).toMatch(/^3\.\d+\.\d+$/);
  });

  test("a missing one is named with what to do", async () => {
    const missing =
      "Python cannot be started as 'no-such-python' (spawn no-such-python ENOENT). Install Python 3.9 or newer, or set FLOWGATE_PYTHON to one.";

    await expect(checkPython("no-such-python")).rejects.toThrow(missing);
    await expect(
      loadFlow(pythonFlow("return n"), { engine: { python: "no-such-python" } }),
    ).rejects.toThrow(missing);
  });

  test("one that is too old is refused", async () => {
    // `echo` stands in for a Python that tells an old version.
    await expect(
      checkPython([process.execPath, "-e", "console.log('2.7.18')", "--"]),
    ).rejects.toThrow("is Python 2.7.18; flows need 3.9 or newer.");
  });
});
