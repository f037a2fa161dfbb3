import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBuiltinEngine } from "#emulators/azure-ml/engine/builtin/builtin-engine.ts";
import type { Row, Rows } from "#emulators/azure-ml/engine/engine.ts";

const [kind = "", size = "", modelUrl = "", linesAtOnce = ""] = process.argv.slice(2);

const FLOWS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  llm: {
    "flow.dag.yaml": `
inputs: {q: {type: string}}
outputs: {out: {type: string, reference: "\${ask.output}"}}
nodes:
- {name: ask, type: llm, source: {type: code, path: ask.jinja2}, connection: c, api: chat, inputs: {q: "\${inputs.q}", deployment_name: d}}
`,
    "ask.jinja2": "system:\nSay what it is.\nuser:\n{{q}}\n",
  },
  python: {
    "flow.dag.yaml": `
inputs: {q: {type: string}}
outputs: {out: {type: string, reference: "\${say.output}"}}
nodes:
- {name: say, type: python, source: {type: code, path: say.py}, inputs: {q: "\${inputs.q}"}}
`,
    "say.py":
      "from promptflow.core import tool\n\n\n@tool\ndef say(q: str):\n    return q.upper()\n",
  },
};

/** The rows of a dataset, made as they are read. */
function rowsOf(count: number): Rows {
  return {
    *[Symbol.iterator](): Generator<Row> {
      for (let n = 0; n < count; n += 1) yield { q: `question number ${n}` };
    },
  };
}

// One batch over the engine alone, once it is warm: how long it takes and how many lines completed.
const folder = await mkdtemp(join(tmpdir(), "bench-flow-"));
let told: { readonly seconds: number; readonly completed: number };
try {
  for (const [name, text] of Object.entries(FLOWS[kind] ?? {})) {
    await writeFile(join(folder, name), text);
  }
  const engine = createBuiltinEngine({ modelUrl });
  const environmentVariables: Record<string, string> =
    linesAtOnce === "" ? {} : { PF_WORKER_COUNT: linesAtOnce };
  await using flow = await engine.load({ folder, file: "flow.dag.yaml", environmentVariables });
  let completed = 0;
  const run = (data: Rows) =>
    flow.runBatch({
      data,
      run: null,
      inputsMapping: {},
      onLine: ({ status }) => {
        if (status === "Completed") completed += 1;
      },
    });
  await run(rowsOf(100));
  completed = 0;
  const began = performance.now();
  await run(rowsOf(Number(size)));
  told = { seconds: (performance.now() - began) / 1000, completed };
} finally {
  await rm(folder, { recursive: true, force: true });
}
// Last of all: who hears it ends this process.
process.send?.(told);
