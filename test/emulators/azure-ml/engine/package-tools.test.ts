import { expect, test } from "vitest";
import { aFlow, aTool, ref } from "./a-flow.ts";
import { loadFlow, runFlow } from "./run-flow.ts";

/** A package as pip leaves it; the flow's folder is on Python's path. */
const shelf = {
  "shelf-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: shelf\nVersion: 1.0\n",
  "shelf-1.0.dist-info/entry_points.txt": "[package_tools]\nshelf = shelf:list_tools\n",
  "shelf.py": `from promptflow.contracts.types import PromptTemplate
from promptflow.core import ToolProvider, tool


@tool
def shout(text: str, times: int = 1):
    return text.upper() * times


class Writer(ToolProvider):
    def __init__(self, name: str):
        self.name = name

    @tool
    def sign(self, prompt: PromptTemplate, **values):
        return f"{prompt.strip()} {sorted(values.items())} {self.name}"


def list_tools():
    return {
        "shelf.shout": {"module": "shelf", "function": "shout"},
        "shelf.Writer.sign": {"module": "shelf", "class_name": "Writer", "function": "sign"},
    }
`,
};
const taking = (node: string) => ({
  ...shelf,
  "flow.dag.yaml": `
inputs: {q: {type: string}}
outputs: {out: {type: string, reference: "${ref("a.output")}"}}
nodes:
- {name: a, ${node}}
`,
  "letter.jinja2": "Dear {{q}}\n",
});

test("a tool of an installed package runs, with literals typed by its hints", async () => {
  const node = `type: python, source: {type: package, tool: shelf.shout}, inputs: {text: "${ref("inputs.q")}", times: "2"}`;
  const { lines } = await runFlow(taking(node), [{ q: "hi" }]);

  expect(lines[0]?.outputs).toEqual({ out: "HIHI" });
});

test("a custom_llm tool gets its template and the values for it", async () => {
  const node = `type: custom_llm, source: {type: package_with_prompt, tool: shelf.Writer.sign, path: letter.jinja2}, inputs: {name: Bo, q: "${ref("inputs.q")}"}`;
  const { lines } = await runFlow(taking(node), [{ q: "Ann" }]);

  expect(lines[0]?.outputs).toEqual({ out: "Dear {{q}} [('q', 'Ann')] Bo" });
});

test("a tool that no package brings is refused with what to install", async () => {
  const node = "type: python, source: {type: package, tool: shelf.gone}";

  await expect(loadFlow(taking(node))).rejects.toThrow(
    "Tool load failed in 'a': (PackageToolNotFoundError) Package tool 'shelf.gone' is not found in the current environment. Install the package that brings it",
  );
});

test("an include that ends in .zip may name a folder", async () => {
  await using shared = await aFlow({ "pack/words.py": "WORD = 'zipped'\n", "pack/sub/a.txt": "a" });
  const files = {
    "flow.dag.yaml": `
additional_includes: ["${shared.folder}/pack.zip"]
inputs: {q: {type: string}}
outputs: {out: {type: object, reference: "${ref("a.output")}"}}
nodes:
- {name: a, type: python, source: {type: code, path: a.py}}
`,
    "a.py": aTool(
      "def run()",
      "import zipfile\nheld = zipfile.ZipFile('pack.zip')\nreturn [held.read('pack/words.py').decode(), sorted(held.namelist())]",
    ),
  };
  const { lines } = await runFlow(files, [{ q: "x" }]);

  expect(lines[0]?.outputs).toEqual({
    out: ["WORD = 'zipped'\n", ["pack/sub/a.txt", "pack/words.py"]],
  });
});
