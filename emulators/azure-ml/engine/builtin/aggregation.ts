import type { BatchResult } from "#emulators/azure-ml/engine/engine.ts";
import { bodyOf } from "./errors.ts";
import type { FlowNode } from "./flow-file.ts";
import type { FinishedLine, FlowParts } from "./flow-parts.ts";
import { LineBudget } from "./line-budget.ts";
import { LineRun } from "./line-run.ts";
import { plain } from "./python-values.ts";
import type { Assignment } from "./references.ts";

/** The worker keeps the stage's objects under this number. */
const STAGE = -1;

/** Runs the aggregation nodes once over what the succeeded lines left; their failure fails no run. */
export async function aggregate(
  parts: FlowParts,
  finished: readonly FinishedLine[],
  signal: AbortSignal,
): Promise<Pick<BatchResult, "metrics" | "aggregationError">> {
  const nodes = parts.nodes.filter(({ aggregation }) => aggregation);
  const succeeded = finished.filter(({ result }) => result.status === "Completed");
  const names = new Set(nodes.map(({ name }) => name));
  const stage = nodes.map((node) => collectInputs(node, succeeded, names));
  using seat = parts.loaded.pool.sit();
  const budget = new LineBudget(STAGE, parts.lineTimeoutMs, signal, parts.clock);
  const run = new LineRun(parts.loaded, {
    lineNumber: STAGE,
    inputs: {},
    seat,
    budget,
    log: parts.log,
  });
  let aggregationError: BatchResult["aggregationError"] = null;
  try {
    await run.run(stage);
  } catch (error) {
    aggregationError = { node: run.failedNode ?? "", error: bodyOf(error) };
  }
  await run.forget();
  const metrics = Object.fromEntries(run.metrics.map(([key, value]) => [key, plain(value)]));
  return { metrics, aggregationError };
}

function collectInputs(
  node: FlowNode,
  succeeded: readonly FinishedLine[],
  aggregations: ReadonlySet<string>,
): FlowNode {
  const collected = (key: string): Assignment => ({
    kind: "collected",
    value: succeeded.map((line) => line.collected.get(key) ?? null),
  });
  const perLine = (input: Assignment) =>
    input.kind === "input" || (input.kind === "node" && !aggregations.has(input.node));
  const inputs = Object.fromEntries(
    Object.entries(node.inputs).map(([name, input]) => [
      name,
      perLine(input) ? collected(`${node.name}.${name}`) : input,
    ]),
  );
  const { activate } = node;
  if (activate?.when.kind !== "input") return { ...node, inputs };
  return { ...node, inputs, activate: { ...activate, when: collected(`${node.name}.activate`) } };
}
