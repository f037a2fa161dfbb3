import type { LineResult, Row } from "#emulators/azure-ml/engine/engine.ts";
import type { FlowNode } from "./flow-node.ts";
import type { LineBudget } from "./line-budget.ts";
import { LineValues } from "./line-values.ts";
import type { LoadedNodes } from "./load-nodes.ts";
import { NodeCalls } from "./node-calls.ts";
import type { Seat } from "./python-pool.ts";
import { pythonEquals } from "./python-values.ts";
import { type Assignment, isReferenceError } from "./references.ts";
import { dependencies } from "./validate-flow.ts";

export type NodeStatus = LineResult["nodes"][string];

export interface LineSettings {
  readonly lineNumber: number;
  readonly inputs: Row;
  readonly seat: Seat;
  readonly budget: LineBudget;
  readonly log: (line: string) => void;
}

/** One pass over nodes: a line, or the aggregation stage. */
export class LineRun {
  readonly statuses: Record<string, NodeStatus> = {};
  readonly values: LineValues;
  readonly calls: NodeCalls;
  /** The node whose failure came first. */
  failedNode: string | undefined;
  readonly #settings: LineSettings;
  #failure: unknown;

  constructor(loaded: LoadedNodes, settings: LineSettings) {
    const { inputs, ...means } = settings;
    this.#settings = settings;
    this.values = new LineValues(inputs);
    this.calls = new NodeCalls(loaded, { ...means, values: this.values });
  }

  /** Starts every node when what it reads is over. Rejects with the first failure. */
  async run(nodes: readonly FlowNode[]): Promise<void> {
    const ends = new Map<string, Promise<void>>();
    for (const node of nodes) {
      const before = dependencies(node).map((name) => ends.get(name));
      ends.set(
        node.name,
        Promise.all(before).then(() =>
          this.#failure === undefined ? this.#runNode(node) : undefined,
        ),
      );
    }
    await Promise.all(ends.values());
    if (this.#failure !== undefined) throw this.#failure;
    await this.values.refresh();
  }

  /** The value of a flow output. Rejects with LineError. */
  async readOutput(name: string, reference: Assignment): Promise<unknown> {
    if (reference.kind !== "node") return this.values.read(reference);
    const { node, property } = reference;
    if (property === "" && this.values.isBypassed(node)) {
      this.#settings.log(`WARNING: output '${name}' is null: node '${node}' was bypassed.`);
    }
    return this.values.readOutput(name, reference);
  }

  async #runNode(node: FlowNode): Promise<void> {
    try {
      if (await this.#mustBypass(node)) {
        this.statuses[node.name] = "Bypassed";
        this.values.bypass(node.name);
        return;
      }
      const result = await this.calls.run(node);
      if (this.#failure !== undefined && this.statuses[node.name] === "Canceled") return;
      this.values.keep(node.name, result);
      this.statuses[node.name] = "Completed";
    } catch (error) {
      this.#noteEnd(node.name, error);
      if (this.#failure !== undefined) return;
      this.failedNode = node.name;
      this.#failure = error;
    }
  }

  #noteEnd(node: string, error: unknown): void {
    const canceled = this.#settings.budget.isOver(error) || this.#failure !== undefined;
    if (canceled) this.statuses[node] = "Canceled";
    else if (!isReferenceError(error)) this.statuses[node] = "Failed";
  }

  async #mustBypass({ activate, inputs }: FlowNode): Promise<boolean> {
    const { values } = this;
    if (activate) {
      const { when, is } = activate;
      if (when.kind === "node" && values.isBypassed(when.node)) return true;
      return !pythonEquals(await values.read(when), is);
    }
    const reads = Object.values(inputs).filter((input) => input.kind === "node");
    return reads.length > 0 && reads.every(({ node }) => values.isBypassed(node));
  }
}
