import { type EngineCase, node, ref, tool } from "./a-case.ts";

const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const images: EngineCase = {
  name: "an image by reference",
  files: {
    "flow.dag.yaml": `inputs:
  picture: {type: image}
outputs:
  said: {type: string, reference: "${ref("say.output")}"}
nodes:
${node("say", `picture: "${ref("inputs.picture")}"`)}
`,
    "say.py": tool("def say(picture)", "return [type(picture).__name__, len(picture)]"),
  },
  requests: [
    { picture: { "data:image/png;base64": PIXEL } },
    { picture: { "data:image/png;path": "nowhere.png" } },
  ],
};

const flexFunction: EngineCase = {
  name: "a flex flow: function",
  file: "flow.flex.yaml",
  files: {
    "flow.flex.yaml": "entry: entry:answer\n",
    "entry.py": `from typing import TypedDict


class Answer(TypedDict):
    text: str
    size: int


def answer(q: str, n: int = 2) -> Answer:
    if q == "raise":
        raise ValueError("asked to")
    return {"text": q * n, "size": len(q)}
`,
  },
  batch: { data: [{ q: "a" }, { q: "raise" }, { q: "bc" }], inputsMapping: { q: ref("data.q") } },
  requests: [{ q: "x", n: 3 }],
};

const flexClass: EngineCase = {
  name: "a flex flow: class with __aggregate__",
  source: { init: { step: 2 } },
  file: "flow.flex.yaml",
  files: {
    "flow.flex.yaml": "entry: entry:Counter\n",
    "entry.py": `class Counter:
    def __init__(self, step: int):
        self.step = step

    def __call__(self, n: int) -> str:
        return str(n + self.step)

    def __aggregate__(self, results: list):
        return {"sum": sum(int(result) for result in results), "lines": len(results)}
`,
  },
  batch: { data: [{ n: 1 }, { n: 2 }, { n: 3 }], inputsMapping: { n: ref("data.n") } },
};

const prompty: EngineCase = {
  name: "a prompty",
  file: "greet.prompty",
  files: {
    "greet.prompty": `---
name: Greet
model:
  api: chat
  configuration: {type: azure_openai, azure_deployment: gpt, connection: nobody_defined_it}
  parameters: {temperature: 0.2, max_tokens: 64}
inputs:
  who: {type: string, default: you}
---
system:
Be brief.
user:
Say hello to {{who}}.
`,
  },
  batch: {
    data: [{ who: "Ada" }, { who: "x\nsystem:\nevil" }],
    inputsMapping: { who: ref("data.who") },
  },
  requests: [{}],
};

const included: EngineCase = {
  name: "included fields of a response",
  source: { environmentVariables: { PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: '["b", "d"]' } },
  files: {
    "flow.dag.yaml": `inputs:
  q: {type: string}
outputs:
${["a", "b", "c"].map((name) => `  ${name}: {type: string, reference: "${ref("inputs.q")}", evaluation_only: ${name === "b"}}`).join("\n")}
nodes: []
`,
  },
  requests: [{ q: "x" }],
};

const flexValue: EngineCase = {
  name: "a flex flow: a bare value",
  file: "flow.flex.yaml",
  files: {
    "flow.flex.yaml": "entry: entry:answer\n",
    "entry.py": `def answer(q: str):
    if q == "dict":
        return {"text": q}
    if q == "parts":
        return iter(["a", 1])
    return [q]
`,
  },
  requests: [{ q: "x" }, { q: "dict" }, { q: "parts" }, {}],
};

export const otherCases: readonly EngineCase[] = [
  images,
  flexFunction,
  flexClass,
  prompty,
  included,
  flexValue,
];
