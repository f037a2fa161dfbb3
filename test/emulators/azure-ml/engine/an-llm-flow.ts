import { aTool, ref } from "./a-flow.ts";

/** One llm node `ask`; `inputs` are those of the node. */
export const asking = (inputs: string, template = "user:\n{{q}}\n", more = "") => ({
  "flow.dag.yaml": `
inputs: {q: {type: object}}
outputs: {out: {type: string, reference: "${ref("ask.output")}"}}
nodes:
- {name: ask, type: llm, source: {type: code, path: ask.jinja2}, connection: conn, api: chat, inputs: {q: "${ref("inputs.q")}", ${inputs}}}
${more}
`,
  "ask.jinja2": template,
  "emit.py": aTool("def run(text)", "return text"),
});
/** The input that every llm node on Azure needs. */
export const azure = "deployment_name: gpt-4o";
