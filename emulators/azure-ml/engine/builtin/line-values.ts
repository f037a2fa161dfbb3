import type { Row } from "#emulators/azure-ml/engine/engine.ts";
import type { FlowNode } from "./flow-node.ts";
import { lostObject, unserializable } from "./line-errors.ts";
import type { PythonArgument } from "./python-nodes.ts";
import { plain } from "./python-values.ts";
import type { PythonWorker } from "./python-worker.ts";
import {
  type Assignment,
  followProperty,
  invalidProperty,
  propertyTokens,
  requireOutputSection,
} from "./references.ts";
import { RoleGuard } from "./role-guard.ts";

export type NodeReference = Assignment & { readonly kind: "node" };

export interface Readable {
  readonly value: unknown;
  /** Whether JSON carries the whole value. */
  readonly faithful: boolean;
  /** What a generator gave, by its key in the value; "" is the value itself. */
  readonly chunks?: Readonly<Record<string, readonly unknown[]>>;
}

export interface NodeResult extends Readable {
  /** A prompt's text with roles hidden; only where there are any. */
  readonly masked?: string | undefined;
  /** The process that holds the Python object; `value` is only its JSON form. */
  readonly holder?: PythonWorker;
}

const NOTHING: NodeResult = { value: null, faithful: true };

/** What a line has by now: its inputs and what its nodes gave. */
export class LineValues {
  readonly guard = new RoleGuard();
  /** Of this line's objects in the worker: line numbers repeat across batches and requests. */
  readonly key: number;
  readonly #inputs: Row;
  readonly #results = new Map<string, NodeResult>();
  readonly #bypassed = new Set<string>();
  /** Nodes whose objects other nodes were handed. */
  readonly #shared = new Set<string>();
  static #count = 0;

  constructor(inputs: Row) {
    this.#inputs = inputs;
    LineValues.#count += 1;
    this.key = LineValues.#count;
  }

  get inputs(): Row {
    return this.#inputs;
  }

  keep(node: string, result: NodeResult): void {
    this.#results.set(node, result);
  }

  bypass(node: string): void {
    this.#bypassed.add(node);
  }

  isBypassed(node: string): boolean {
    return this.#bypassed.has(node);
  }

  /** The value behind a reference; null when its node was bypassed. Rejects with LineError. */
  async read(assignment: Assignment): Promise<unknown> {
    if (assignment.kind === "literal" || assignment.kind === "collected") return assignment.value;
    if (assignment.kind === "input") return this.#inputs[assignment.name];
    return (await this.#readNode(assignment)).value;
  }

  /**
   * A template's inputs with roles hidden in what comes from the flow's inputs, or from a prompt that does; undefined
   * when there are none.
   */
  masked(inputs: FlowNode["inputs"], values: Row): Row | undefined {
    const given = Object.keys(values).filter((name) =>
      ["input", "collected"].includes(inputs[name]?.kind ?? ""),
    );
    const roles = this.guard.find(given.map((name) => values[name]));
    const masked = new Map(
      Object.entries(inputs).flatMap(([name, input]) => {
        const text = this.#maskedPrompt(input);
        return text === undefined ? [] : [[name, text]];
      }),
    );
    if (roles.size === 0 && masked.size === 0) return undefined;
    const hidden = given.map((name) => [name, this.guard.mask(values[name], roles)] as const);
    return { ...values, ...Object.fromEntries(hidden), ...Object.fromEntries(masked) };
  }

  /** As `read`, for a flow output of this name: it has to be JSON, and a bypassed node has no properties. */
  async readOutput(name: string, reference: NodeReference): Promise<unknown> {
    const { node, property } = reference;
    if (this.isBypassed(node) && property !== "") throw invalidProperty(property, node);
    const { value, faithful } = await this.#readNode(reference);
    if (!faithful) throw unserializable(name, node);
    return value;
  }

  /** As `read`, for a tool in this process: an object that it holds stays there. */
  async readArgument(input: Assignment, worker: PythonWorker): Promise<PythonArgument> {
    if (input.kind !== "node") return { value: await this.read(input) };
    const { holder } = this.#results.get(input.node) ?? NOTHING;
    if (holder === worker) {
      requireOutputSection(input);
      this.#shared.add(input.node);
      return { node: input.node, path: propertyTokens(input.property) };
    }
    const { value, faithful } = await this.#readNode(input);
    if (!faithful) throw lostObject(input.node);
    return { value };
  }

  /** Looks again at generators that other nodes were handed: what they read is gone. */
  async refresh(): Promise<void> {
    for (const node of this.#shared) {
      const { holder, chunks = {}, ...result } = this.#results.get(node) ?? NOTHING;
      if (!holder?.alive || Object.keys(chunks).length === 0) continue;
      const answer = await holder.ask({ do: "get", node, line: this.key, path: [] });
      if (!answer.error) this.keep(node, { ...result, ...(answer.ok as Readable), holder });
    }
  }

  /** The pieces that this node's output came in; undefined when it came at once. */
  chunks(node: string, property = ""): readonly unknown[] | undefined {
    return this.#results.get(node)?.chunks?.[property]?.map(plain);
  }

  #maskedPrompt(input: Assignment): string | undefined {
    if (input.kind !== "node" || input.section !== "output" || input.property !== "")
      return undefined;
    return this.#results.get(input.node)?.masked;
  }

  async #readNode({ node, property, ...rest }: NodeReference): Promise<Readable> {
    const result = this.#results.get(node);
    if (!result) return NOTHING;
    requireOutputSection({ node, property, ...rest });
    if (property === "") return result;
    if (result.faithful || !result.holder) {
      return { value: followProperty(result.value, property, node), faithful: true };
    }
    const path = propertyTokens(property);
    const answer = await result.holder.ask({ do: "get", node, line: this.key, path });
    if (answer.error) throw invalidProperty(property, node);
    return answer.ok as Readable;
  }
}
