import { describe, expect, test } from "vitest";
import { aTool, ref } from "./a-flow.ts";
import { loadFlow } from "./run-flow.ts";

const tool = aTool("def run(n=0)", "return n");
const node = (name: string, more = "") =>
  `- {name: ${name}, type: python, source: {type: code, path: tool.py}${more}}`;
const aDag = (nodes: string, more = "inputs: {n: {type: int}}") => `${more}\nnodes:\n${nodes}\n`;

describe("a tool file that cannot be loaded is named", () => {
  const load = (files: Readonly<Record<string, string>>) =>
    loadFlow({ "flow.dag.yaml": aDag(node("a")), ...files });

  test.each([
    [
      "a syntax error",
      "def run(:\n",
      "(PythonLoadError) Failed to load python module 'tool.py:1': (SyntaxError)",
    ],
    [
      "an exception at import",
      "\n1 / 0\n",
      "Failed to load python module 'tool.py:2': (ZeroDivisionError) division by zero",
    ],
    ["no tool", "def run(n):\n    return n\n", "(NoToolDefined) No tool found in tool.py."],
    [
      "two tools",
      `${tool}\n\n@tool\ndef other():\n    pass\n`,
      "(MultipleToolsDefined) Expected 1 tool in tool.py but found 2: run, other.",
    ],
  ])("%s", async (_what, text, message) => {
    await expect(load({ "tool.py": text })).rejects.toThrow(
      `Tool load failed in 'a': ${message.startsWith("(") ? "" : "(PythonLoadError) "}${message}`,
    );
  });

  test("a missing module, with what to do", async () => {
    await expect(load({ "tool.py": `import no_such_thing.inner\n${tool}` })).rejects.toThrow(
      "Failed to load python module 'tool.py:1': (ModuleNotFoundError) No module named 'no_such_thing'. The module 'no_such_thing' is missing: add its package to the flow's requirements.txt and run 'python3 -m pip install' for it with the Python that Flowgate uses, or put no_such_thing.py into the flow folder.",
    );
  });

  test("a part of promptflow that the stand-in lacks", async () => {
    const failure = load({ "tool.py": `from promptflow.tools.aoai import chat\n${tool}` });

    await expect(failure).rejects.toThrow("run 'python3 -m pip install promptflow-tools'");
  });

  test("an error in a module that the tool imports", async () => {
    const failure = load({ "tool.py": `import helper\n${tool}`, "helper.py": "\n\nx = {}['y']\n" });

    await expect(failure).rejects.toThrow(
      "Failed to load python module 'helper.py:3': (KeyError) 'y'",
    );
  });

  test("a literal that does not fit its parameter", async () => {
    const files = {
      "flow.dag.yaml": aDag(node("a", ", inputs: {n: several}")),
      "tool.py": aTool("def run(n: int)", "return n"),
    };

    await expect(load(files)).rejects.toThrow(
      "Tool load failed in 'a': (NodeInputValidationError) Failed to load node input: the value of 'n' for node 'a' is not of type 'int'. Update it at flow.dag.yaml:3.",
    );
  });
});

describe("variants", () => {
  const variants = (more = "") => `
inputs: {n: {type: int}}
nodes:
- {name: ask, use_variants: true}
node_variants:
  ask:
    ${more}
    variants:
      v0: {node: {type: python, source: {type: code, path: tool.py}}}
`;

  test.each([
    [variants(), undefined, "Node 'ask' has no default_variant_id"],
    [
      variants("default_variant_id: v9"),
      undefined,
      "Variant 'v9' is not defined for node 'ask'. It has v0.",
    ],
    [
      variants("default_variant_id: v0"),
      ref("ask.v1"),
      "Variant 'v1' is not defined for node 'ask'",
    ],
    [variants("default_variant_id: v0"), ref("nope.v0"), "Node nope of variant"],
    [variants("default_variant_id: v0"), "ask.v0", "is not of the form ${NODE.VARIANT}"],
    [aDag("- {name: ask, use_variants: true}"), undefined, "node_variants has none for it"],
  ])("that cannot be chosen are refused: %#", async (dag, variant, message) => {
    const files = { "flow.dag.yaml": dag, "tool.py": tool };

    await expect(loadFlow(files, { variant })).rejects.toThrow(message);
  });
});
