import { LineError } from "./errors.ts";
import type { FlowNode } from "./flow-node.ts";
import type { LineBudget } from "./line-budget.ts";
import { processCrash, promptyError, toolError, wholeAnswer } from "./line-errors.ts";
import type { LineValues, NodeResult, Readable } from "./line-values.ts";
import type { Usage } from "./llm-answer.ts";
import type { LoadedNodes } from "./load-nodes.ts";
import { callPrompty, type PromptyCall } from "./prompty.ts";
import type { PythonArgument } from "./python-nodes.ts";
import type { Seat } from "./python-pool.ts";
import { type PythonWorker, type WorkerAnswer, WorkerDied } from "./python-worker.ts";
import { invalidProperty } from "./references.ts";
import { render, runLlm } from "./run-template.ts";

export interface CallMeans {
  /** Below 0 in the aggregation stage. */
  readonly lineNumber: number;
  readonly values: LineValues;
  readonly seat: Seat;
  readonly budget: LineBudget;
}

/** Processes that a call may wait for and lose before it begins. */
const MAX_PROCESSES = 8;

/** Runs nodes of one line, and knows what they logged and what their models used. */
export class NodeCalls {
  readonly metrics: (readonly [string, unknown])[] = [];
  readonly tokens = { prompt: 0, completion: 0 };
  readonly #loaded: LoadedNodes;
  readonly #means: CallMeans;
  #worker: PythonWorker | undefined;

  constructor(loaded: LoadedNodes, means: CallMeans) {
    this.#loaded = loaded;
    this.#means = means;
  }

  /** Rejects with LineError. */
  run(node: FlowNode): Promise<NodeResult> {
    const call = () => {
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
    return this.#means.budget.clock.work(`node ${node.name}`, call);
  }

  /** Lets the worker drop the line's objects. */
  async forget(): Promise<void> {
    if (!this.#worker?.alive) return;
    const { key } = this.#means.values;
    await this.#worker.ask({ do: "forget", line: key }).catch((error: unknown) => {
      // What a dead process held is gone already.
      if (!(error instanceof WorkerDied)) throw error;
    });
  }

  async #runTemplate(node: FlowNode): Promise<NodeResult> {
    const { values } = this.#means;
    const tool = this.#loaded.template(node.name);
    const inputs: Record<string, unknown> = {};
    for (const [name, input] of Object.entries(node.inputs)) {
      const isDropped = input.kind === "literal" && (input.value === null || input.value === "");
      if (node.type === "llm" && isDropped) continue;
      inputs[name] = await values.read(input);
    }
    const masked = values.masked(node.inputs, inputs);
    const { connection } = tool;
    if (!connection) {
      const text = render(tool, inputs);
      return { value: text, masked: masked && render(tool, masked), faithful: true };
    }
    return this.#askModel((call) =>
      runLlm({ ...tool, connection }, masked ?? inputs, { ...call, guard: values.guard }),
    );
  }

  async #runPrompty(node: FlowNode): Promise<NodeResult> {
    const prompty = this.#loaded.prompty(node.name);
    const given = Object.entries(this.#means.values.inputs).filter(
      ([key]) => key in prompty.file.inputs,
    );
    const result = await this.#askModel((call) =>
      callPrompty(prompty, Object.fromEntries(given), call).catch((error: unknown) => {
        throw call.signal.aborted ? error : promptyError(node, error);
      }),
    );
    if (prompty.file.response === "all") throw wholeAnswer(prompty.file.file);
    return result;
  }

  async #askModel(
    ask: (call: PromptyCall) => Promise<{ output: unknown; usage: Usage }>,
  ): Promise<NodeResult> {
    const { budget } = this.#means;
    const { output, usage } = await budget.spend((signal, begin) => {
      begin();
      return ask({ signal, clock: budget.clock });
    });
    this.tokens.prompt += usage.prompt;
    this.tokens.completion += usage.completion;
    return { value: output, faithful: true };
  }

  async #runPython(node: FlowNode): Promise<NodeResult> {
    const { seat, budget, lineNumber } = this.#means;
    for (let attempt = 1; ; attempt += 1) {
      const worker = await this.#loaded.pool.worker(seat);
      this.#worker = worker;
      try {
        return await this.#callTool(node, worker);
      } catch (error) {
        if (!(error instanceof WorkerDied)) throw error;
        const again = !error.begun && attempt < MAX_PROCESSES && !budget.canceled;
        if (!again) throw processCrash(lineNumber, node.name, error);
      }
    }
  }

  async #callTool(node: FlowNode, worker: PythonWorker): Promise<NodeResult> {
    const { lineNumber, budget, values } = this.#means;
    const given = await this.#arguments(node, worker);
    const command = { do: "call" as const, node: node.name, line: values.key, arguments: given };
    const label = lineNumber < 0 ? node.name : `line ${lineNumber}, ${node.name}`;
    const answer = await budget.spend(
      (_signal, begin) => worker.ask(command, label, begin),
      () => worker.kill(),
    );
    this.metrics.push(...(answer.metrics ?? []));
    if (answer.error) throw pythonError(node, answer.error);
    return { ...(answer.ok as Readable), holder: worker };
  }

  async #arguments(node: FlowNode, worker: PythonWorker): Promise<Record<string, PythonArgument>> {
    const { values } = this.#means;
    const { literals, optional } = this.#loaded.python(node.name);
    const given: Record<string, PythonArgument> = { ...literals };
    for (const [name, input] of Object.entries(node.inputs)) {
      if (input.kind === "literal") continue;
      if (input.kind === "node" && values.isBypassed(input.node)) {
        if (!optional.has(name)) given[name] = { value: null };
        continue;
      }
      const isLeftOut = input.kind === "input" && !Object.hasOwn(values.inputs, input.name);
      if (isLeftOut && optional.has(name)) continue;
      given[name] = await values.readArgument(input, worker);
    }
    return given;
  }
}

function pythonError(node: FlowNode, error: NonNullable<WorkerAnswer["error"]>): LineError {
  if (error.kind !== "reference") return new LineError(toolError(node, error));
  const input = node.inputs[String(error.argument)];
  return input?.kind === "node"
    ? invalidProperty(input.property, input.node)
    : invalidProperty("", node.name);
}
