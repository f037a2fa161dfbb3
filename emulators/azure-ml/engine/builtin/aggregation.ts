import type { BatchResult } from "#emulators/azure-ml/engine/engine.ts";
import { bodyOf } from "./errors.ts";
import type { FlowNode } from "./flow-node.ts";
import type { FinishedLine, FlowParts } from "./flow-parts.ts";
import { type BatchLimits, LineBudget } from "./line-budget.ts";
import { LineRun } from "./line-run.ts";
import { plain } from "./python-values.ts";
import type { Assignment } from "./references.ts";

/** The worker keeps the stage's objects under this number. */
const STAGE = -1;

/** What lines leave for the stage, in the order of the lines: no more of each than its nodes read. */
export class CollectedLines {
  readonly #succeeded: boolean[] = [];
  readonly #columns = new Map<string, unknown[]>();

  add(index: number, { result, collected }: FinishedLine): void {
    this.#succeeded[index] = result.status === "Completed";
    for (const [name, value] of collected) {
      const column = this.#columns.get(name) ?? [];
      this.#columns.set(name, column);
      column[index] = value;
    }
  }

  /** One value for each line that succeeded. */
  column(name: string): unknown[] {
    const column = this.#columns.get(name) ?? [];
    const values: unknown[] = [];
    for (const [index, succeeded] of this.#succeeded.entries()) {
      if (succeeded) values.push(column[index] ?? null);
    }
    return values;
  }
}

/** Runs the aggregation nodes once over what the succeeded lines left; their failure fails no run. */
export async function aggregate(
  parts: FlowParts,
  lines: CollectedLines,
  { signal, batchEnd }: BatchLimits,
): Promise<Pick<BatchResult, "metrics" | "aggregationError">> {
  const nodes = parts.nodes.filter(({ aggregation }) => aggregation);
  const names = new Set(nodes.map(({ name }) => name));
  const stage = nodes.map((node) => collectInputs(node, lines, names));
  using seat = parts.loaded.pool.sit();
  const budget = new LineBudget({
    lineNumber: STAGE,
    limitMs: parts.lineTimeoutMs,
    batchEnd,
    signal,
    clock: parts.clock,
  });
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
  await run.calls.forget();
  const metrics = Object.fromEntries(run.calls.metrics.map(([key, value]) => [key, plain(value)]));
  return { metrics, aggregationError };
}

function collectInputs(
  node: FlowNode,
  lines: CollectedLines,
  aggregations: ReadonlySet<string>,
): FlowNode {
  const collected = (key: string): Assignment => ({
    kind: "collected",
    value: lines.column(key),
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
