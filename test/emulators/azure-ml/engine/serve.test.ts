import { describe, expect, test } from "vitest";
import { aTool, ref } from "./a-flow.ts";
import { startModel } from "./model-server.ts";
import { loadFlow } from "./run-flow.ts";

describe("serving one request", () => {
  const served = {
    "flow.dag.yaml": `
inputs: {q: {type: string}, n: {type: int, default: 2}}
outputs:
  answer: {type: string, reference: "${ref("say.output.text")}"}
  debug: {type: string, reference: "${ref("say.output.n")}", evaluation_only: true}
nodes:
- {name: say, type: python, source: {type: code, path: say.py}, inputs: {q: "${ref("inputs.q")}", n: "${ref("inputs.n")}"}}
- {name: agg, type: python, aggregation: true, source: {type: code, path: boom.py}}
`,
    "say.py": aTool(
      "def run(q, n)",
      "if q == 'bad':\n    raise ValueError(q)\nreturn {'text': q * n, 'n': n}",
    ),
    "boom.py": aTool("def run()", "raise ValueError('never')"),
  };

  test("applies defaults, ignores unknown keys, hides evaluation_only, aggregates nothing", async () => {
    await using loaded = await loadFlow(served);

    expect(await loaded.serve({ q: "hi", more: 1 })).toMatchObject({
      status: "Completed",
      inputs: { q: "hi", n: 2 },
      outputs: { answer: "hihi" },
      nodes: { say: "Completed" },
    });
    expect((await loaded.serve({ q: "hi", n: "1" })).outputs).toEqual({ answer: "hi" });
  });

  test("PROMPTFLOW_RESPONSE_INCLUDED_FIELDS leaves only these outputs, also where they are evaluation_only", async () => {
    const flow = {
      "flow.dag.yaml": `
inputs: {q: {type: string}}
outputs: {a: {type: string, reference: "${ref("inputs.q")}"}, b: {type: string, reference: "${ref("inputs.q")}", evaluation_only: true}}
`,
    };
    const environmentVariables = { PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: '["b", "c"]' };
    await using loaded = await loadFlow(flow, { environmentVariables });

    expect((await loaded.serve({ q: "x" })).outputs).toEqual({ b: "x" });
  });

  test("tells the pieces of what a generator made, and of a model's answer nobody else reads", async () => {
    await using model = await startModel(() => "hello");
    const flow = {
      "flow.dag.yaml": `
inputs: {q: {type: string}}
outputs:
  echo: {type: string, reference: "${ref("echo.output")}"}
  part: {type: string, reference: "${ref("echo2.output.words")}"}
  said: {type: string, reference: "${ref("say.output")}"}
  read: {type: string, reference: "${ref("also.output")}"}
  plain: {type: string, reference: "${ref("inputs.q")}"}
nodes:
- {name: echo, type: python, source: {type: code, path: echo.py}, inputs: {q: "${ref("inputs.q")}"}}
- {name: echo2, type: python, source: {type: code, path: part.py}, inputs: {q: "${ref("also.output")}"}}
- {name: say, type: llm, source: {type: code, path: ask.jinja2}, connection: c, api: chat, inputs: {deployment_name: d}}
- {name: also, type: llm, source: {type: code, path: ask.jinja2}, connection: c, api: chat, inputs: {deployment_name: d}}
`,
      "echo.py": aTool("def run(q)", "yield from [q, 3, {'a': 1.5}]"),
      "part.py": aTool("def run(q)", "return {'words': iter([q, '!'])}"),
      "ask.jinja2": "user:\nhi\n",
    };
    await using loaded = await loadFlow(flow, { engine: { modelUrl: model.url } });
    const { outputs, streams } = await loaded.serve({ q: "ab" });

    expect(outputs).toEqual({
      echo: "ab3{'a': 1.5}",
      part: "hello!",
      said: "hello",
      read: "hello",
      plain: "ab",
    });
    expect(streams).toEqual({ echo: ["ab", 3, { a: 1.5 }], part: ["hello", "!"], said: ["hello"] });
  });

  test("lists the inputs that are missing", async () => {
    await using loaded = await loadFlow(served);
    const { status, error } = await loaded.serve({ n: 1 });

    expect(status).toBe("Failed");
    expect(error?.message).toBe(
      "Required input fields ['q'] are missing in request data {'n': 1}. Send a JSON object that has them.",
    );
  });

  test("many at once do not see each other's values", async () => {
    await using loaded = await loadFlow(served);
    const answers = await Promise.all(
      ["a", "b", "c", "bad", "d", "e"].map((q) => loaded.serve({ q, n: 1 })),
    );

    expect(answers.map(({ outputs, error }) => outputs?.answer ?? error?.message)).toEqual([
      "a",
      "b",
      "c",
      "Execution failure in 'say': (ValueError) bad",
      "d",
      "e",
    ]);
  });
});
