import { aTool, ref } from "./a-flow.ts";

/** Rows for flows whose input is the number `n`. */
export const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));

/** Runs the tool file of its name with `n`. */
export const pythonNode = (name: string, input: string, more = "") =>
  `- {name: ${name}, type: python, source: {type: code, path: ${name}.py}, inputs: {n: "${ref(input)}"}${more}}`;

/** Of two python nodes: `first` hands `n` on to `second`, which has this body. */
export const pythonFlow = (body: string, header = "") => ({
  "flow.dag.yaml": `
inputs: {n: {type: int}}
outputs: {out: {type: int, reference: "${ref("second.output")}"}}
nodes:
${pythonNode("first", "inputs.n")}
${pythonNode("second", "first.output")}
`,
  "first.py": aTool("def run(n)", "return n"),
  "second.py": `${header}\n${aTool("def run(n)", body)}`,
});

/** Of one llm node, `ask`. */
export const llmFlow = {
  "flow.dag.yaml": `
inputs: {n: {type: string}}
outputs: {out: {type: string, reference: "${ref("ask.output")}"}}
nodes:
- {name: ask, type: llm, source: {type: code, path: ask.jinja2}, connection: c, inputs: {number: "${ref("inputs.n")}", deployment_name: d}}
`,
  "ask.jinja2": "user:\n{{number}}\n",
};
