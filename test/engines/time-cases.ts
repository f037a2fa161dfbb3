import { type EngineCase, node, ref, tool } from "./a-case.ts";

/** Its second line takes longer than anybody waits. */
const slow = (
  name: string,
  environmentVariables: Readonly<Record<string, string>>,
): EngineCase => ({
  name,
  source: { environmentVariables: { ...environmentVariables, PF_WORKER_COUNT: "1" } },
  files: {
    "flow.dag.yaml": `inputs:
  n: {type: int}
outputs:
  n: {type: int, reference: "${ref("wait.output")}"}
nodes:
${node("before", `n: "${ref("inputs.n")}"`)}
${node("wait", `n: "${ref("before.output")}"`)}
${node("after", `n: "${ref("wait.output")}"`)}
${node("rate", `numbers: "${ref("wait.output")}"`, ", aggregation: true")}
`,
    "before.py": tool("def before(n: int)", "return n"),
    "wait.py": tool("def wait(n: int)", "if n == 1: time.sleep(600)\nreturn n", "import time\n"),
    "after.py": tool("def after(n: int)", "return n"),
    "rate.py": tool("def rate(numbers: list)", 'log_metric("sum", sum(numbers))'),
  },
  batch: { data: [0, 1, 2].map((n) => ({ n })), inputsMapping: { n: ref("data.n") } },
});

export const timeCases: readonly EngineCase[] = [
  slow("a line that takes too long", { PF_LINE_TIMEOUT_SEC: "6" }),
  slow("a batch that takes too long", { PF_BATCH_TIMEOUT_SEC: "12" }),
];
