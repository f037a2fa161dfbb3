import { describe, expect, test } from "vitest";
import { aTool, ref } from "./a-flow.ts";
import { runFlow } from "./run-flow.ts";

const double = aTool("def run(n, default=1)", "return {'n': n, 'twice': n * 2 if n else None}");
const show = aTool("def run(a='default', b='default')", "return f'{a} {b}'");

/** Branches `one` and `two` are taken for those values of `n`; `join` reads both. */
const branches = {
  "flow.dag.yaml": `
inputs: {n: {type: int}}
outputs:
  joined: {type: string, reference: "${ref("join.output")}"}
  one: {type: object, reference: "${ref("one.output")}"}
nodes:
- {name: join, type: python, source: {type: code, path: show.py}, inputs: {a: "${ref("one.output.twice")}", b: "${ref("two.output")}"}}
- {name: one, type: python, source: {type: code, path: double.py}, inputs: {n: "${ref("inputs.n")}"}, activate: {when: "${ref("inputs.n")}", is: 1}}
- {name: two, type: python, source: {type: code, path: double.py}, inputs: {n: "${ref("inputs.n")}"}, activate: {when: "${ref("inputs.n")}", is: 2.0}}
`,
  "double.py": double,
  "show.py": show,
};

test("a branch is bypassed when its condition is false, and a join when all its branches are", async () => {
  const { lines } = await runFlow(branches, [{ n: 1 }, { n: 2 }, { n: 3 }]);

  expect(lines.map(({ outputs, nodes }) => ({ outputs, nodes }))).toEqual([
    {
      outputs: { joined: "2 default", one: { n: 1, twice: 2 } },
      nodes: { one: "Completed", two: "Bypassed", join: "Completed" },
    },
    {
      outputs: { joined: "default {'n': 2, 'twice': 4}", one: null },
      nodes: { one: "Bypassed", two: "Completed", join: "Completed" },
    },
    {
      outputs: { joined: null, one: null },
      nodes: { one: "Bypassed", two: "Bypassed", join: "Bypassed" },
    },
  ]);
});

const conditional = (activate: string, reads = ref("inputs.n")) => ({
  "flow.dag.yaml": `
inputs: {n: {type: object}}
outputs: {out: {type: string, reference: "${ref("last.output")}"}}
nodes:
- {name: first, type: python, source: {type: code, path: double.py}, inputs: {n: 1}, activate: {when: never, is: ever}}
- {name: last, type: python, source: {type: code, path: show.py}, inputs: {a: "${reads}"}, activate: ${activate}}
`,
  "double.py": double,
  "show.py": show,
});

describe("activate compares as Python does", () => {
  test.each([
    [`{when: "${ref("inputs.n")}", is: true}`, "true", "Bypassed"],
    [`{when: "${ref("inputs.n")}", is: "yes"}`, "yes", "Completed"],
    [`{when: "${ref("inputs.n")}", is: yes}`, "yes", "Completed"],
    [`{when: "${ref("inputs.n")}", is: true}`, 1, "Completed"],
    [`{when: dummy, is: dummy}`, 0, "Completed"],
    [`{when: "${ref("first.output")}", is: null}`, 0, "Bypassed"],
  ])("%s with %j is %s", async (activate, n, status) => {
    const { lines } = await runFlow(conditional(activate), [
      { n: typeof n === "string" ? JSON.stringify(n) : n },
    ]);

    expect(lines[0]?.nodes.last).toBe(status);
  });

  test("a true condition runs a node whose inputs are all bypassed", async () => {
    const { lines } = await runFlow(conditional("{when: a, is: a}", ref("first.output.x")), [
      { n: 0 },
    ]);

    expect(lines[0]?.outputs).toEqual({ out: "default default" });
  });
});

const failing = (outputs: string, nodes: string) => ({
  "flow.dag.yaml": `
inputs: {n: {type: int, default: 0}}
outputs: {${outputs}}
nodes:
${nodes}
`,
  "double.py": double,
  "make.py": aTool("def run(n)", "return None if n == 0 else open"),
});

describe("a line fails whole", () => {
  const make = `- {name: make, type: python, source: {type: code, path: make.py}, inputs: {n: "${ref("inputs.n")}"}}`;

  test("when an output reads a property that is not there, with its nodes Completed", async () => {
    const { lines } = await runFlow(
      failing(`x: {type: string, reference: "${ref("make.output.a")}"}`, make),
      [{}],
    );

    expect(lines[0]).toMatchObject({
      status: "Failed",
      outputs: null,
      nodes: { make: "Completed" },
      error: {
        message: expect.stringContaining("Invalid property 'a' when accessing the node 'make'."),
      },
    });
  });

  test("when an output is no JSON", async () => {
    const { lines } = await runFlow(
      failing(`x: {type: string, reference: "${ref("make.output")}"}`, make),
      [{ n: 1 }],
      {
        inputsMapping: { n: ref("data.n") },
      },
    );

    expect(lines[0]?.error?.innerCodes).toEqual(["FlowOutputUnserializable"]);
  });

  test("when an output reads a property of a bypassed node", async () => {
    const bypassed = `- {name: make, type: python, source: {type: code, path: make.py}, activate: {when: a, is: b}}`;
    const { lines } = await runFlow(
      failing(`x: {type: string, reference: "${ref("make.output.a")}"}`, bypassed),
      [{}],
    );

    expect(lines[0]?.error?.message).toContain("Invalid property 'a'");
  });

  test.each([
    ["make.foo", "The section 'foo' of"],
    ["make.output[0]", "The section 'output[0]' of"],
  ])("when a node reads %s, and later nodes leave no record", async (path, message) => {
    const nodes = `${make}
- {name: read, type: python, source: {type: code, path: double.py}, inputs: {n: "${ref(path)}"}}
- {name: later, type: python, source: {type: code, path: double.py}, inputs: {n: "${ref("read.output.n")}"}}`;
    const { lines } = await runFlow(failing("", nodes), [{}]);

    expect(lines[0]?.error?.message).toContain(message);
    expect(lines[0]?.nodes).toEqual({ make: "Completed" });
  });
});

test("a line whose input does not fit runs no node, and the others go on", async () => {
  const { lines } = await runFlow(branches, [{ n: "many" }, { n: "1" }]);

  expect(lines.map(({ status, nodes }) => [status, Object.keys(nodes).length])).toEqual([
    ["Failed", 0],
    ["Completed", 3],
  ]);
  expect(lines[0]?.error?.innerCodes).toEqual([
    "ValidationError",
    "InvalidFlowRequest",
    "InputTypeError",
  ]);
});

test("an output may be a flow input or a literal", async () => {
  const files = {
    "flow.dag.yaml": `
inputs: {n: {type: double}}
outputs: {n: {type: string, reference: "${ref("inputs.n")}"}, text: {type: string, reference: plain}}
`,
  };
  const { lines } = await runFlow(files, [{ n: "7" }]);

  expect(lines[0]?.outputs).toEqual({ n: 7, text: "plain" });
});
