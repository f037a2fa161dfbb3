import { readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { aTool, ref } from "./a-flow.ts";
import { loadFlow, runFlow } from "./run-flow.ts";

/** A flow of one input and python nodes in a row; the last one's output is the flow's. */
const aChain = (...nodes: readonly (readonly [name: string, inputs: string])[]) => `
inputs: {n: {type: object, default: 1}}
outputs: {out: {type: object, reference: "${ref(`${nodes.at(-1)?.[0]}.output`)}"}}
nodes:
${nodes.map(([name, inputs]) => `- {name: ${name}, type: python, source: {type: code, path: ${name}.py}, inputs: {${inputs}}}`).join("\n")}
`;

/** The chain with another output than its last node's. */
const answering = (chain: string, path: string) =>
  chain.replace(/(outputs:.*reference: ")[^"]*/, (_all, before) => `${before}${ref(path)}`);

async function outputOf(files: Readonly<Record<string, string>>, n: unknown = 1) {
  const { lines } = await runFlow(files, [{ n }], { inputsMapping: { n: ref("data.n") } });
  return lines[0]?.outputs?.out ?? lines[0]?.error?.message;
}

describe("a literal is read by the parameter's hint, a referenced value never", () => {
  const typed = aTool(
    "def run(a: float = 1, b: int = 2, c: str = 'c', d: dict = None, e=None, f: list = None, g: bool = None, **more)",
    "return repr([a, b, c, d, e, f, g, more])",
  );
  test.each([
    [`a: "0.7", b: "3", c: 7`, "[0.7, 3, '7', None, None, None, None, {}]"],
    [
      `d: '{"k": [1]}', e: "[2]", f: "[3]", g: "true"`,
      "[1, 2, 'c', {'k': [1]}, [2], [3], True, {}]",
    ],
    [`a: 2, a2: "0.7"`, "[2.0, 2, 'c', None, None, None, None, {'a2': '0.7'}]"],
    [`a: "", b: null`, "[1, 2, 'c', None, None, None, None, {}]"],
    [`a: "${ref("inputs.n")}"`, "['0.7', 2, 'c', None, None, None, None, {}]"],
  ])("%s", async (inputs, expected) => {
    const files = { "flow.dag.yaml": aChain(["tool", inputs]), "tool.py": typed };

    expect(await outputOf(files, '"0.7"')).toBe(expected);
  });

  test.each([
    [
      "",
      "Execution failure in 'tool': (TypeError) run() missing 1 required positional argument: 'a'",
    ],
    [
      `a: ""`,
      "Execution failure in 'tool': (TypeError) run() missing 1 required positional argument: 'a'",
    ],
    [
      "a: 1, b: 2",
      "Execution failure in 'tool': (TypeError) run() got an unexpected keyword argument 'b'",
    ],
  ])("inputs {%s} do not fit the function", async (inputs, message) => {
    const files = {
      "flow.dag.yaml": aChain(["tool", inputs]),
      "tool.py": aTool("def run(a)", "return a"),
    };

    expect(await outputOf(files)).toBe(message);
  });
});

describe("values between python nodes keep their Python nature", () => {
  test.each([
    ["floats", "return 4.0", "return repr(v)", "4.0"],
    ["tuples", "return (1, 2)", "return repr(v)", "(1, 2)"],
    ["NaN", "return float('nan')", "return repr(v)", "nan"],
    [
      "objects",
      "import datetime\nreturn datetime.date(2026, 1, 2)",
      "return v.isoformat()",
      "2026-01-02",
    ],
    ["big integers", "return 2 ** 70", "return v - 2 ** 70", 0],
    ["generators", "for i in range(3):\n    yield i", "return list(v)", [0, 1, 2]],
    [
      "what promptflow.contracts gives",
      "from promptflow.contracts.types import Secret\nreturn Secret('s')",
      "return type(v).__name__",
      "Secret",
    ],
  ])("%s", async (_what, make, use, expected) => {
    const files = {
      "flow.dag.yaml": aChain(["make", ""], ["use", `v: "${ref("make.output")}"`]),
      "make.py": aTool("def run()", make),
      "use.py": aTool("def run(v)", use),
    };

    expect(await outputOf(files)).toEqual(expected);
  });

  test("a property may be an attribute of an object", async () => {
    const files = {
      "flow.dag.yaml": aChain(["make", ""], ["use", `v: "${ref("make.output.day.year")}"`]),
      "make.py": aTool("def run()", "import datetime\nreturn {'day': datetime.date(2026, 1, 2)}"),
      "use.py": aTool("def run(v)", "return v"),
    };

    expect(await outputOf(files)).toBe(2026);
  });

  test.each([
    ["make.output", "The output 'out' for flow is incorrect. The output value is not JSON"],
    ["make.output.x", "3"],
  ])("a dataclass is no output, its fields are: %s", async (path, expected) => {
    const point = "import dataclasses\n\n\n@dataclasses.dataclass\nclass Point:\n    x: int\n\n\n";
    const files = {
      "flow.dag.yaml": answering(aChain(["make", ""]), path),
      "make.py": `${point}${aTool("def run()", "return Point(3)")}`,
    };

    expect(String(await outputOf(files))).toContain(expected);
  });

  test("a missing property names itself and the node", async () => {
    const files = {
      "flow.dag.yaml": aChain(["make", ""], ["use", `v: "${ref("make.output.gone")}"`]),
      "make.py": aTool("def run()", "return {'here': 1}"),
      "use.py": aTool("def run(v)", "return v"),
    };

    expect(await outputOf(files)).toContain(
      "Invalid property 'gone' when accessing the node 'make'.",
    );
  });
});

test("a generator can be read once: what a node took of it is not in the outputs", async () => {
  const files = {
    "flow.dag.yaml": answering(
      aChain(["make", ""], ["use", `v: "${ref("make.output")}"`]),
      "make.output",
    ),
    "make.py": aTool("def run()", "yield from 'abc'"),
    "use.py": aTool("def run(v)", "return next(v)"),
  };

  expect(await outputOf(files)).toBe("bc");
});

describe("a tool may be", () => {
  const header = "from promptflow import tool\nfrom promptflow.core import ToolProvider\n";
  test.each([
    ["async", `${header}@tool\nasync def run(n):\n    return n + 1\n`, 2],
    ["an async generator", `${header}@tool\nasync def run(n):\n    yield 'a'\n    yield n\n`, "a1"],
    [
      "a generator, joined as an output",
      `${header}@tool\ndef run(n):\n    yield 'a'\n    yield n\n`,
      "a1",
    ],
    [
      "decorated with settings",
      `${header}@tool(name='x', description='y')\ndef run(n):\n    return n\n`,
      1,
    ],
    [
      "a method",
      `${header}class Adder(ToolProvider):\n    def __init__(self, by: int):\n        self.by = by\n\n    @tool\n    def run(self, n):\n        return n + self.by\n`,
      11,
    ],
    [
      "beside a dataclass of its file",
      `from __future__ import annotations\nfrom dataclasses import dataclass\n${header}@dataclass\nclass Point:\n    x: int\n\n@tool\ndef run(n):\n    return Point(n).x\n`,
      1,
    ],
  ])("%s", async (what, text, expected) => {
    const by = what === "a method" ? ', by: "10"' : "";
    const files = {
      "flow.dag.yaml": aChain(["tool", `n: "${ref("inputs.n")}"${by}`]),
      "tool.py": text,
    };

    expect(await outputOf(files)).toEqual(expected);
  });
});

test("code runs in the flow folder, finds its neighbours, and leaves no byte code", async () => {
  await using loaded = await loadFlow({
    "flow.dag.yaml": aChain(["tools", ""]),
    "tools.py": `import os\nimport values\nfrom pack.inner import word\n${aTool("def run()", "return [os.path.basename(os.getcwd()) in __file__, values.ONE, word, __name__, open('note.txt').read()]")}`,
    "values.py": "ONE = 1\n",
    "pack/inner.py": "word = 'hi'\n",
    "note.txt": "noted",
  });
  const { lines } = await loaded.runBatch({ data: [{ n: 1 }], run: null, inputsMapping: {} });

  expect(lines[0]?.outputs).toEqual({ out: [true, 1, "hi", "__pf_main__", "noted"] });
  expect((await readdir(loaded.folder)).sort()).toEqual([
    "flow.dag.yaml",
    "note.txt",
    "pack",
    "tools.py",
    "values.py",
  ]);
});

test("a promptflow that is there, even as a namespace package, wins over the stand-in", async () => {
  const files = {
    "flow.dag.yaml": aChain(["tool", ""]),
    "tool.py": aTool("def run()", "import promptflow.core\nreturn promptflow.core.WHOSE"),
    "promptflow/core/__init__.py":
      'WHOSE = "mine"\n\n\ndef tool(function):\n    setattr(function, "__tool", None)\n    return function\n',
    "promptflow/_core/metric_logger.py": "def add_metric_logger(listener):\n    pass\n",
  };

  expect(await outputOf(files)).toBe("mine");
});

test("a traceback shows the user's frames only", async () => {
  const files = { "flow.dag.yaml": aChain(["tool", ""]), "tool.py": aTool("def run()", "1 / 0") };
  const { lines } = await runFlow(files, [{ n: 1 }]);
  const [details] = lines[0]?.error?.additionalInfo ?? [];

  expect(details?.info).toMatchObject({
    traceback: expect.stringMatching(
      /^Traceback \(most recent call last\):\n {2}File "[^"]*tool\.py", line 6, in run\n/,
    ),
    lineno: 6,
  });
});

test("nothing that user code prints, reads or replaces disturbs the run; all of it is logged", async () => {
  const log: string[] = [];
  const noisy = `import os, subprocess, sys
print("at import")
${aTool(
  "def run(n)",
  `print('{"id": 1}')
print("no line break", end="")
os.write(1, b"raw\\n")
sys.stderr.write("oops\\n")
subprocess.run([sys.executable, "-c", "print('child')"])
sys.stdout = None
return sys.stdin.read()`,
)}`;
  const files = { "flow.dag.yaml": aChain(["tool", `n: "${ref("inputs.n")}"`]), "tool.py": noisy };
  const { lines } = await runFlow(files, [{ n: 1 }], { log: (line) => log.push(line) });

  expect(lines[0]?.outputs).toEqual({ out: "" });
  expect(log).toEqual([
    "at import",
    'line 0, tool: {"id": 1}',
    "line 0, tool: no line breakraw",
    "line 0, tool: oops",
    "line 0, tool: child",
  ]);
});

test("environment variables are text, the run's win, and connection fields are filled in", async () => {
  const files = {
    "flow.dag.yaml": `environment_variables: {A: 1, B: true, C: {k: [1]}, D: flow, E: "${ref("conn.api_key")}"}${aChain(["tool", ""])}`,
    "tool.py": `import os\n${aTool("def run()", "return [os.environ.get(name) for name in 'ABCDE']")}`,
  };
  const connections = { conn: { type: "OpenAIConnection", value: { api_key: "secret" } } };
  const { lines } = await runFlow(files, [{ n: 1 }], {
    environmentVariables: { D: "run" },
    engine: { connections },
  });

  expect(lines[0]?.outputs).toEqual({ out: ["1", "True", '{"k": [1]}', "run", "secret"] });
});

describe("connection parameters", () => {
  const tool = (hint: string, body: string) =>
    `from promptflow.connections import AzureOpenAIConnection, CustomConnection, CustomStrongTypeConnection\n\n\nclass Mine(CustomStrongTypeConnection):\n    pass\n\n\n${aTool(`def run(c: ${hint})`, body)}`;
  const connections = {
    custom: { type: "CustomConnection", value: { secrets: { key: "s" }, configs: { url: "u" } } },
  };
  const run = async (hint: string, body: string, name: string) => {
    const files = { "flow.dag.yaml": aChain(["tool", `c: ${name}`]), "tool.py": tool(hint, body) };
    const { lines } = await runFlow(files, [{ n: 1 }], { engine: { connections } });
    return lines[0]?.outputs?.out;
  };

  test("get the object that is defined under the name", async () => {
    const body = "return [c.key, c['url'], c.secrets, c.configs, type(c).__name__]";

    expect(await run("CustomConnection", body, "custom")).toEqual([
      "s",
      "u",
      { key: "s" },
      { url: "u" },
      "CustomConnection",
    ]);
    expect(await run("Mine", body, "custom")).toEqual([
      "s",
      "u",
      { key: "s" },
      { url: "u" },
      "Mine",
    ]);
  });

  test("get the offline model when it is one for models", async () => {
    expect(await run("AzureOpenAIConnection", "return [c.api_base, c.api_type]", "nope")).toEqual([
      "http://127.0.0.1:9",
      "azure",
    ]);
  });

  test("stop the load otherwise", async () => {
    await expect(run("CustomConnection", "return 1", "nope")).rejects.toThrow(
      "Tool load failed in 'tool': (GetConnectionError) Get connection 'nope' for node 'tool' error: connection 'nope' is not found.",
    );
  });
});
