import { expect, test } from "vitest";
import type { Batch, LineResult } from "#emulators/azure-ml/engine/engine.ts";
import { aTool, ref } from "./a-flow.ts";
import { loadFlow } from "./run-flow.ts";

/** The aggregation tells what it read; a line that runs says so in the log. */
const files = {
  "flow.dag.yaml": `
inputs: {n: {type: double}}
outputs: {n: {type: double, reference: "${ref("same.output")}"}}
nodes:
- {name: same, type: python, source: {type: code, path: same.py}, inputs: {n: "${ref("inputs.n")}"}}
- {name: all, type: python, aggregation: true, source: {type: code, path: all.py}, inputs: {values: "${ref("same.output")}", raw: "${ref("inputs.n")}"}}
`,
  "same.py": aTool("def run(n)", "print(f'ran {n}')\nreturn n"),
  "all.py": `from promptflow.core import log_metric\n${aTool("def run(values, raw)", "log_metric('read', repr([values, raw]))")}`,
};
const flex = {
  "flow.flex.yaml": "entry: code:Same\n",
  "code.py": `
class Same:
    def __call__(self, n):
        print(f"ran {n}")
        return {"n": float(n)}

    def __aggregate__(self, lines):
        return {"read": repr(lines)}
`,
};

const aBatch = (values: readonly unknown[], more: Partial<Batch> = {}): Batch => ({
  data: values.map((n) => ({ n })),
  run: null,
  inputsMapping: {},
  ...more,
});

async function load(given: Readonly<Record<string, string>>, file = "flow.dag.yaml") {
  const log: string[] = [];
  const flow = await loadFlow(given, { file, log: (line) => log.push(line) });
  return { ...flow, ran: () => log.splice(0).flatMap((line) => /ran .*/.exec(line) ?? []) };
}

test.each([
  ["a DAG", files, "flow.dag.yaml", "[[4.0, 5.5, nan], [4.0, 5.5, nan]]"],
  ["a flex flow", flex, "flow.flex.yaml", "[{'n': 4.0}, {'n': 5.5}, {'n': nan}]"],
])(
  "what is known of %s is not run, and aggregated as if it had been",
  async (_, given, file, read) => {
    await using flow = await load(given, file);
    const batch = aBatch(["4.0", 5.5, "nan"]);
    const first = await flow.runBatch(batch);
    expect(flow.ran()).toHaveLength(3);

    const known = first.lines.filter(({ lineNumber }) => lineNumber !== 1);
    const handed: LineResult[] = [];
    const onLine = (line: LineResult) => handed.push(line);
    const again = await flow.runBatch({ ...batch, known, onLine });

    expect(flow.ran()).toEqual(["ran 5.5"]);
    expect(handed.filter((line) => known.includes(line))).toHaveLength(2);
    expect(again.metrics).toEqual({ read });
  },
);

test("what is known of a line is of no use where its aggregation is not known, or where the data has no such line", async () => {
  await using flow = await load(files);
  const { lines } = await flow.runBatch(aBatch([1, 2, 3]));
  const [first, second, third] = lines as [LineResult, LineResult, LineResult];
  const { forAggregation: _, ...unusable } = first;
  flow.ran();

  const again = await flow.runBatch(aBatch([1, 2], { known: [unusable, second, third] }));

  expect(flow.ran()).toEqual(["ran 1.0"]);
  expect(again.lines).toHaveLength(2);
  expect(again.metrics).toEqual({ read: "[[1.0, 2.0], [1.0, 2.0]]" });
});

test("a batch can be canceled while it takes over what is known", async () => {
  await using flow = await load(files);
  const { lines } = await flow.runBatch(aBatch([1]));
  const values = Array.from({ length: 5_000 }, (_, n) => n);
  const known = values.map((lineNumber) => ({ ...(lines[0] as LineResult), lineNumber }));
  const canceling = new AbortController();
  setImmediate(() => canceling.abort(new Error("canceled")));
  let handed = 0;
  const onLine = () => {
    handed += 1;
  };

  await expect(
    flow.runBatch(aBatch(values, { known, onLine, signal: canceling.signal })),
  ).rejects.toThrow("canceled");
  expect(handed).toBeLessThan(values.length);
});
