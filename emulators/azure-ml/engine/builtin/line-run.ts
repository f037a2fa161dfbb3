import type { LineResult, Row } from "#emulators/azure-ml/engine/engine.ts";
import { LineError } from "./errors.ts";
import type { FlowNode } from "./flow-file.ts";
import type { LineBudget } from "./line-budget.ts";
import { lostObject, processCrash, toolError, unserializable } from "./line-errors.ts";
import type { LoadedNodes } from "./load-nodes.ts";
import { callPrompty, type PromptyCall } from "./prompty.ts";
import type { PythonArgument } from "./python-nodes.ts";
import type { Seat } from "./python-pool.ts";
import { pythonEquals } from "./python-values.ts";
import { type PythonWorker, type WorkerAnswer, WorkerDied } from "./python-worker.ts";
import {
  type Assignment,
  followProperty,
  invalidProperty,
  isReferenceError,
  propertyTokens,
  requireOutputSection,
} from "./references.ts";
import { RoleGuard } from "./role-guard.ts";
import { render, runLlm, type Usage } from "./template-nodes.ts";
import { dependencies } from "./validate-flow.ts";

type NodeReference = Assignment & { readonly kind: "node" };

interface Readable {
  readonly value: unknown;
  /** Whether JSON carries the whole value. */
  readonly faithful: boolean;
  /** What a generator gave, by its key in the value; "" is the value itself. */
  readonly chunks?: Readonly<Record<string, readonly string[]>>;
}

interface NodeResult extends Readable {
  /** A prompt's text with the flow's inputs still masked. */
  readonly masked?: string;
  /** The process that holds the Python object; `value` is only its JSON form. */
  readonly holder?: PythonWorker;
}

export type NodeStatus = LineResult["nodes"][string];

export interface LineSettings {
  readonly lineNumber: number;
  readonly inputs: Row;
  readonly seat: Seat;
  readonly budget: LineBudget;
  readonly log: (line: string) => void;
}

/** Processes that a call may wait for and lose before it begins. */
const MAX_PROCESSES = 8;

/** One pass over nodes: a line, or the aggregation stage. */
export class LineRun {
  readonly statuses: Record<string, NodeStatus> = {};
  readonly metrics: (readonly [string, unknown])[] = [];
  readonly tokens = { prompt: 0, completion: 0 };
  /** The node whose failure came first. */
  failedNode: string | undefined;
  readonly #loaded: LoadedNodes;
  readonly #settings: LineSettings;
  readonly #guard = new RoleGuard();
  readonly #results = new Map<string, NodeResult>();
  /** Key of this run's objects in the worker: line numbers repeat across batches and requests. */
  readonly #key: number;
  #worker: PythonWorker | undefined;
  #failure: unknown;
  static #count = 0;

  constructor(loaded: LoadedNodes, settings: LineSettings) {
    this.#loaded = loaded;
    this.#settings = settings;
    LineRun.#count += 1;
    this.#key = LineRun.#count;
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
  }

  /** The value behind a reference; null when its node was bypassed. Rejects with LineError. */
  async read(assignment: Assignment): Promise<unknown> {
    if (assignment.kind === "literal" || assignment.kind === "collected") return assignment.value;
    if (assignment.kind === "input") return this.#settings.inputs[assignment.name];
    return (await this.#readNode(assignment)).value;
  }

  /** As `read`, for a flow output: it has to be JSON, and a bypassed node has no properties. */
  async readOutput(name: string, reference: Assignment): Promise<unknown> {
    if (reference.kind !== "node") return this.read(reference);
    const { node, property } = reference;
    if (this.isBypassed(node)) {
      if (property !== "") throw invalidProperty(property, node);
      this.#settings.log(`WARNING: output '${name}' is null: node '${node}' was bypassed.`);
      return null;
    }
    const { value, faithful } = await this.#readNode(reference);
    if (!faithful) throw unserializable(name, node);
    return value;
  }

  /** The pieces that this node's output came in; undefined when it came at once. */
  chunks(node: string, property = ""): readonly string[] | undefined {
    return this.#results.get(node)?.chunks?.[property];
  }

  isBypassed(node: string): boolean {
    return this.statuses[node] === "Bypassed";
  }

  /** Lets the worker drop the line's objects. */
  async forget(): Promise<void> {
    if (!this.#worker?.alive) return;
    await this.#worker.ask({ do: "forget", line: this.#key }).catch((error: unknown) => {
      // What a dead process held is gone already.
      if (!(error instanceof WorkerDied)) throw error;
    });
  }

  async #runNode(node: FlowNode): Promise<void> {
    try {
      if (await this.#mustBypass(node)) {
        this.statuses[node.name] = "Bypassed";
        return;
      }
      const result = await this.#execute(node);
      if (this.#failure !== undefined && this.statuses[node.name] === "Canceled") return;
      this.#results.set(node.name, result);
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
    if (activate) {
      const { when, is } = activate;
      if (when.kind === "node" && this.isBypassed(when.node)) return true;
      return !pythonEquals(await this.read(when), is);
    }
    const reads = Object.values(inputs).filter((input) => input.kind === "node");
    return reads.length > 0 && reads.every(({ node }) => this.isBypassed(node));
  }

  #execute(node: FlowNode): Promise<NodeResult> {
    const run = () => {
      switch (node.type) {
        case "python":
        case "entry":
          return this.#runPython(node);
        case "prompty":
          return this.#runPrompty(node);
        case "llm":
        case "prompt":
          return this.#runTemplate(node);
      }
    };
    return this.#settings.budget.clock.work(`node ${node.name}`, run);
  }

  async #runTemplate(node: FlowNode): Promise<NodeResult> {
    const tool = this.#loaded.template(node.name);
    const inputs: Record<string, unknown> = {};
    for (const [name, input] of Object.entries(node.inputs)) {
      const isDropped = input.kind === "literal" && (input.value === null || input.value === "");
      if (node.type === "llm" && isDropped) continue;
      inputs[name] = await this.#readMasked(input);
    }
    const { connection } = tool;
    if (!connection) {
      const masked = render(tool, inputs);
      return { value: this.#guard.restore(masked), masked, faithful: true };
    }
    return this.#askModel((call) =>
      runLlm({ ...tool, connection }, inputs, { ...call, guard: this.#guard }),
    );
  }

  async #runPrompty({ name }: FlowNode): Promise<NodeResult> {
    const prompty = this.#loaded.prompty(name);
    const given = Object.entries(this.#settings.inputs).filter(
      ([key]) => key in prompty.file.inputs,
    );
    return this.#askModel((call) => callPrompty(prompty, Object.fromEntries(given), call));
  }

  async #askModel(
    ask: (call: PromptyCall) => Promise<{ output: unknown; usage: Usage }>,
  ): Promise<NodeResult> {
    const { budget } = this.#settings;
    const { output, usage } = await budget.spend((signal, begin) => {
      begin();
      return ask({ signal, clock: budget.clock });
    });
    this.tokens.prompt += usage.prompt;
    this.tokens.completion += usage.completion;
    return { value: output, faithful: true };
  }

  /** Flow inputs and prompts stay masked on their way into a template. */
  async #readMasked(input: Assignment): Promise<unknown> {
    if (input.kind === "input" || input.kind === "collected")
      return this.#guard.mask(await this.read(input));
    if (input.kind === "node" && input.section === "output" && input.property === "") {
      const masked = this.#results.get(input.node)?.masked;
      if (masked !== undefined) return masked;
    }
    return this.read(input);
  }

  async #runPython(node: FlowNode): Promise<NodeResult> {
    for (let attempt = 1; ; attempt += 1) {
      const worker = await this.#loaded.pool.worker(this.#settings.seat);
      this.#worker = worker;
      try {
        return await this.#callTool(node, worker);
      } catch (error) {
        if (!(error instanceof WorkerDied)) throw error;
        const again = !error.begun && attempt < MAX_PROCESSES && !this.#settings.budget.canceled;
        if (!again) throw processCrash(this.#settings.lineNumber, node.name, error);
      }
    }
  }

  async #callTool(node: FlowNode, worker: PythonWorker): Promise<NodeResult> {
    const { lineNumber, budget } = this.#settings;
    const given = await this.#arguments(node, worker);
    const command = { do: "call" as const, node: node.name, line: this.#key, arguments: given };
    const label = lineNumber < 0 ? node.name : `line ${lineNumber}, ${node.name}`;
    const answer = await budget.spend(
      (_signal, begin) => worker.ask(command, label, begin),
      () => worker.kill(),
    );
    this.metrics.push(...(answer.metrics ?? []));
    if (answer.error) throw this.#pythonError(node, answer.error);
    return { ...(answer.ok as Readable), holder: worker };
  }

  async #arguments(node: FlowNode, worker: PythonWorker): Promise<Record<string, PythonArgument>> {
    const { literals, optional } = this.#loaded.python(node.name);
    const given: Record<string, PythonArgument> = { ...literals };
    for (const [name, input] of Object.entries(node.inputs)) {
      if (input.kind === "literal") continue;
      if (input.kind === "node" && this.isBypassed(input.node)) {
        if (!optional.has(name)) given[name] = { value: null };
        continue;
      }
      const isLeftOut = input.kind === "input" && !Object.hasOwn(this.#settings.inputs, input.name);
      if (isLeftOut && optional.has(name)) continue;
      given[name] = await this.#argument(input, worker);
    }
    return given;
  }

  async #argument(input: Assignment, worker: PythonWorker): Promise<PythonArgument> {
    if (input.kind === "node" && this.#results.get(input.node)?.holder === worker) {
      requireOutputSection(input);
      return { node: input.node, path: propertyTokens(input.property) };
    }
    if (input.kind !== "node") return { value: await this.read(input) };
    const { value, faithful } = await this.#readNode(input);
    if (!faithful) throw lostObject(input.node);
    return { value };
  }

  async #readNode({ node, property, ...rest }: NodeReference): Promise<Readable> {
    const result = this.#results.get(node);
    if (!result) return { value: null, faithful: true };
    requireOutputSection({ node, property, ...rest });
    if (property === "") return result;
    if (result.faithful || !result.holder) {
      return { value: followProperty(result.value, property, node), faithful: true };
    }
    const path = propertyTokens(property);
    const answer = await result.holder.ask({
      do: "get",
      node,
      line: this.#key,
      path,
    });
    if (answer.error) throw invalidProperty(property, node);
    return answer.ok as Readable;
  }

  #pythonError(node: FlowNode, error: NonNullable<WorkerAnswer["error"]>): LineError {
    if (error.kind === "reference") {
      const input = node.inputs[String(error.argument)];
      return input?.kind === "node"
        ? invalidProperty(input.property, input.node)
        : invalidProperty("", node.name);
    }
    return new LineError(toolError(node, error));
  }
}
