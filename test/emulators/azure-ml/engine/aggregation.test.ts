import { expect, test } from "vitest";
import { aTool, ref } from "./a-flow.ts";
import { runFlow } from "./run-flow.ts";

const grade = aTool("def run(n)", "if n < 0:\n    raise ValueError('negative')\nreturn {'n': n}");
const metric = (body: string) =>
  `from promptflow.core import log_metric\n${aTool("def run(values, **more)", body)}`;
const aFlowWith = (aggregations: string, tools: Readonly<Record<string, string>>) => ({
  "flow.dag.yaml": `
inputs: {n: {type: int}}
outputs: {n: {type: int, reference: "${ref("grade.output.n")}"}, agg: {type: int, reference: "${ref("sum.output")}"}}
nodes:
- {name: grade, type: python, source: {type: code, path: grade.py}, inputs: {n: "${ref("inputs.n")}"}}
- {name: odd, type: python, source: {type: code, path: grade.py}, inputs: {n: 7}, activate: {when: "${ref("inputs.n")}", is: 3}}
${aggregations}
`,
  "grade.py": grade,
  ...tools,
});
const sum = `- {name: sum, type: python, aggregation: true, source: {type: code, path: sum.py}, inputs: {values: "${ref("grade.output.n")}", raw: "${ref("inputs.n")}", odd: "${ref("odd.output")}", word: "x"}}`;

test("aggregation nodes get one item per succeeded line, in order, null where bypassed", async () => {
  const files = aFlowWith(sum, {
    "sum.py": metric(
      "log_metric('seen', repr([values, more]))\nlog_metric('nan', float('nan'))\nlog_metric('none', None)\nlog_metric('nan', 2)",
    ),
  });
  const { lines, metrics, aggregationError } = await runFlow(files, [
    { n: 1 },
    { n: -1 },
    { n: 3 },
  ]);

  expect(lines.map(({ outputs }) => outputs)).toEqual([{ n: 1 }, null, { n: 3 }]);
  expect(metrics).toEqual({
    seen: "[[1, 3], {'word': 'x', 'raw': [1, 3], 'odd': [None, {'n': 7}]}]",
    nan: 2,
    none: null,
  });
  expect(aggregationError).toBeNull();
});

test("an aggregation node may read another's output, whatever their order in the file", async () => {
  const more = `- {name: last, type: python, reduce: true, source: {type: code, path: last.py}, inputs: {values: "${ref("sum.output.total")}"}}\n${sum}`;
  const files = aFlowWith(more, {
    "sum.py": metric("return {'total': sum(values)}"),
    "last.py": metric("log_metric('total', values)"),
  });

  expect((await runFlow(files, [{ n: 1 }, { n: 2 }])).metrics).toEqual({ total: 3 });
});

test("a failing aggregation node is named, keeps its metrics, and fails no line", async () => {
  const files = aFlowWith(sum, {
    "sum.py": metric("log_metric('before', 1)\nraise KeyError('x')"),
  });
  const { lines, metrics, aggregationError } = await runFlow(files, [{ n: 1 }]);

  expect(lines[0]?.status).toBe("Completed");
  expect(metrics).toEqual({ before: 1 });
  expect(aggregationError).toMatchObject({
    node: "sum",
    error: {
      message: "Execution failure in 'sum': (KeyError) 'x'",
      innerCodes: ["ToolExecutionError"],
    },
  });
});

test("the stage runs over empty lists when no line succeeded", async () => {
  const files = aFlowWith(sum, { "sum.py": metric("log_metric('count', len(values))") });

  expect((await runFlow(files, [{ n: -1 }])).metrics).toEqual({ count: 0 });
});

test("a metric logged on a line is ignored", async () => {
  const files = aFlowWith(sum, {
    "grade.py": `from promptflow import log_metric\n${aTool("def run(n)", "log_metric('line', n)\nreturn {'n': n}")}`,
    "sum.py": metric("return 1"),
  });

  expect((await runFlow(files, [{ n: 1 }])).metrics).toEqual({});
});

test("a bypassed aggregation node logs nothing", async () => {
  const files = aFlowWith(
    sum.replace("aggregation: true", "aggregation: true, activate: {when: a, is: b}"),
    {
      "sum.py": metric("log_metric('x', 1)"),
    },
  );
  const { metrics, aggregationError } = await runFlow(files, [{ n: 1 }]);

  expect({ metrics, aggregationError }).toEqual({ metrics: {}, aggregationError: null });
});
