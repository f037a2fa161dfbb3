import { type EngineCase, node, ref, tool } from "./a-case.ts";

const ODD: readonly unknown[] = [
  "22",
  "4.9",
  " 7 ",
  "",
  "abc",
  "true",
  "False",
  "yes",
  "[1]",
  '{"a": 1}',
  "a",
  "inf",
  4.9,
  7,
  0,
  -3,
  true,
  false,
  null,
  [1, "b"],
  [],
  { a: 1, b: [true, null] },
];
const TYPES = ["int", "double", "bool", "string", "list", "object", "file_path", "secret"];

/** Every odd value as every type; the tool says what Python got. */
const coercion: EngineCase = {
  name: "inputs: every type",
  files: {
    "flow.dag.yaml": `inputs:
${TYPES.map((type) => `  ${type}: {type: ${type}, default: ${type === "list" ? "[]" : type === "bool" ? "true" : "1"}}`).join("\n")}
outputs:
  said: {type: string, reference: "${ref("say.output")}"}
${TYPES.map((type) => `  ${type}: {type: string, reference: "${ref(`inputs.${type}`)}"}`).join("\n")}
nodes:
${node("say", TYPES.map((type) => `${type}_: "${ref(`inputs.${type}`)}"`).join(", "))}
`,
    "say.py": tool("def say(**given)", "return repr(sorted(given.items()))"),
  },
  requests: TYPES.flatMap((type) => ODD.map((value) => ({ [type]: value }))),
};

const PATHS = [
  "make",
  "make.output",
  "make.output.a",
  "make.output.a.b",
  "make.output.a.b[0]",
  "make.output.a['x y']",
  'make.output.a["x y"]',
  "make.output.[0]",
  "make.output[0]",
  "make.foo",
  "make.output.none",
  "make.output.none.x",
  "make.output.missing",
  "make.output.a.b[9]",
  "make.output.a.b.0",
  "make.output.zero.0",
  "make.output.text.upper",
  "make.output.point.x",
  "inputs.which",
  "flow.which",
];

/** One flow a path would take long: each path has a node that runs only when it is asked for. */
const references: EngineCase = {
  name: "references: every form",
  files: {
    "flow.dag.yaml": `inputs:
  which: {type: int}
outputs:
${PATHS.map((_, index) => `  p${index}: {type: string, reference: "${ref(`p${index}.output`)}"}`).join("\n")}
nodes:
${node("make", `which: "${ref("inputs.which")}"`)}
${PATHS.map(
  (path, index) =>
    `- {name: p${index}, type: python, source: {type: code, path: say.py}, inputs: {value: ${JSON.stringify(ref(path))}}, activate: {when: "${ref("inputs.which")}", is: ${index}}}`,
).join("\n")}
`,
    "make.py": tool(
      "def make(which: int)",
      `return {"a": {"b": [1, 2.0], "x y": "key"}, "none": None, "zero": {"0": "zero"}, "text": "t", "point": Point(3)}`,
      "import dataclasses\n\n\n@dataclasses.dataclass\nclass Point:\n    x: int\n",
    ),
    "say.py": tool("def say(value)", "return repr(value) if not callable(value) else 'a method'"),
  },
  requests: PATHS.map((_, index) => ({ which: index })),
};

const literals: EngineCase = {
  name: "literals: by the tool's hints",
  files: {
    "flow.dag.yaml": `inputs:
  q: {type: string}
outputs:
  said: {type: string, reference: "${ref("say.output")}"}
nodes:
${node(
  "say",
  `q: "${ref("inputs.q")}", f: "0.7", i: "3", b: "true", s: 5, l: "[1, 2]", o: '{"a": 1}', d: '{"a": [1]}', n: null, e: "", extra: "7", yes: yes, octal: 0o17, big: 1_000`,
)}
`,
    "say.py": tool(
      'def say(q: str, f: float, i: int, b: bool, s: str, l: list, o: object, d: dict, n: str = "none", e: str = "empty", **more)',
      "return repr([q, f, i, b, s, l, o, d, n, e, sorted(more.items())])",
    ),
  },
  requests: [{ q: "x" }, { q: 1 }, {}],
};

const results: EngineCase = {
  name: "results: what a tool may return",
  files: {
    "flow.dag.yaml": `inputs:
  which: {type: string}
outputs:
  made: {type: string, reference: "${ref("make.output")}"}
  said: {type: string, reference: "${ref("say.output")}"}
nodes:
${node("make", `which: "${ref("inputs.which")}"`)}
${node("say", `value: "${ref("make.output")}"`)}
`,
    "make.py": tool(
      "def make(which: str)",
      `if which == "raise": raise KeyError("no such thing")
if which == "exit": raise SystemExit(3)
if which == "nested": return outer()
return {"int": 1, "float": 2.0, "none": None, "tuple": (1, "a"), "nan": float("nan"), "set": {1}, "bytes": b"x",
        "point": Point(1), "date": datetime.date(2026, 1, 2), "text": "h\\u00e4\\n", "keys": {1: "one", True: 2},
        "generator": (c for c in ["a", "b", 3]), "big": 2**40}[which]`,
      `import dataclasses
import datetime


@dataclasses.dataclass
class Point:
    x: int


def outer():
    raise ValueError("from \\"outer\\"")
`,
    ),
    "say.py": tool(
      "def say(value)",
      "return repr(list(value)) if hasattr(value, '__next__') else repr(value)",
    ),
  },
  batch: {
    data: [
      "int",
      "float",
      "none",
      "tuple",
      "set",
      "bytes",
      "point",
      "date",
      "text",
      "keys",
      "generator",
      "big",
      "raise",
      "nested",
      "unknown",
    ].map((which) => ({ which })),
  },
};

export const valueCases: readonly EngineCase[] = [coercion, references, literals, results];
