import { type EngineCase, node, ref, tool } from "./a-case.ts";

const say = { "say.py": tool("def say(q)", "return q") };

/** A flow around these nodes that cannot be loaded. */
const broken = (
  name: string,
  nodes: readonly string[],
  files: Readonly<Record<string, string>> = say,
  outputs = ref("say.output"),
): EngineCase => ({
  name: `load: ${name}`,
  files: {
    ...files,
    "flow.dag.yaml": `inputs:
  q: {type: string}
outputs:
  said: {type: string, reference: "${outputs}"}
nodes:
${nodes.join("\n")}
`,
  },
});

const plain = node("say", `q: "${ref("inputs.q")}"`);

export const loadCases: readonly EngineCase[] = [
  broken("two nodes of one name", [plain, plain]),
  broken("an unknown flow input", [node("say", `q: "${ref("inputs.nope")}"`)]),
  broken("an unknown node", [node("say", `q: "${ref("nope.output")}"`)]),
  broken("a circle", [
    node("say", `q: "${ref("other.output")}"`),
    `- {name: other, type: python, source: {type: code, path: say.py}, inputs: {q: "${ref("say.output")}"}}`,
  ]),
  broken("an output of nobody", [plain], say, ref("nope.output")),
  broken("an output without reference", [plain], say, ""),
  broken("a tool file that is not there", [plain], {}),
  broken("a syntax error", [plain], { "say.py": "def say(:\n" }),
  broken("a module that is not installed", [plain], {
    "say.py": tool("def say(q)", "return q", "import not_installed_anywhere\n"),
  }),
  broken("no tool", [plain], { "say.py": "def say(q):\n    return q\n" }),
  broken("two tools", [plain], {
    "say.py": `${tool("def say(q)", "return q")}\n\n@tool\ndef more(q):\n    return q\n`,
  }),
  broken("a literal of another type", [node("say", "q: abc")], {
    "say.py": tool("def say(q: int)", "return q"),
  }),
  broken("a connection that nobody defined", [node("say", "q: my_search")], {
    "say.py": tool(
      "def say(q: CustomConnection)",
      "return 1",
      "from promptflow.connections import CustomConnection\n",
    ),
  }),
  broken("activate without is", [
    node("say", `q: "${ref("inputs.q")}"`, ", activate: {when: dummy}"),
  ]),
  broken(
    "a file that is no Python",
    ["- {name: say, type: python, source: {type: code, path: say.txt}, inputs: {}}"],
    { "say.txt": "" },
  ),
  broken("a source without path", ["- {name: say, type: python, source: {type: code}}"]),
  broken("a node without type", ["- {name: say, source: {type: code, path: say.py}}"]),
  broken("a package tool that nobody installed", [
    "- {name: say, type: python, source: {type: package, tool: no.such.tool}}",
  ]),
  broken("a template that ends too soon", [prompt()], { "say.jinja2": "a\n{% if q %}" }),
  broken("a template with a reserved name", [prompt()], { "say.jinja2": "{{ template }}" }),
  broken("a chat template with a reserved name", [llm()], { "say.jinja2": "user:\n{{ prompt }}" }),
  broken("an llm node without connection", [llm("")], { "say.jinja2": "user:\nhi\n" }),
  broken("an api that is not there", [llm("connection: nobody_defined_it, api: embed")], {
    "say.jinja2": "user:\nhi\n",
  }),
  broken(
    "an llm node of an unknown module",
    [llm("connection: nobody_defined_it, module: not_there")],
    {
      "say.jinja2": "user:\nhi\n",
    },
  ),
  broken("a node that reads an aggregation node", [
    plain,
    `- {name: all, type: python, source: {type: code, path: say.py}, inputs: {q: "${ref("inputs.q")}"}, aggregation: true}`,
    `- {name: after, type: python, source: {type: code, path: say.py}, inputs: {q: "${ref("all.output")}"}}`,
  ]),
];

function prompt() {
  return `- {name: say, type: prompt, source: {type: code, path: say.jinja2}, inputs: {q: "${ref("inputs.q")}"}}`;
}

function llm(more = "connection: nobody_defined_it, api: chat") {
  return `- {name: say, type: llm, source: {type: code, path: say.jinja2}, inputs: {deployment_name: gpt}${more && `, ${more}`}}`;
}
