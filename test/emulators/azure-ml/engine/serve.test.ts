import { describe, expect, test } from "vitest";
import { aTool, ref } from "./a-flow.ts";
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

  test("lists the inputs that are missing", async () => {
    await using loaded = await loadFlow(served);
    const { status, error } = await loaded.serve({ n: 1 });

    expect(status).toBe("Failed");
    expect(error?.message).toBe(
      'Required input fields ["q"] are missing in request data {"n":1}. Send a JSON object that has them.',
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
