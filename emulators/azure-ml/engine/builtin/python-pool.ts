import { FlowError } from "#emulators/azure-ml/engine/engine.ts";
import { checkPython } from "./check-python.ts";
import { systemError } from "./errors.ts";
import type { FlowNode } from "./flow-node.ts";
import { constructionError, pythonLoadError } from "./python-load-error.ts";
import {
  PythonWorker,
  type WorkerCommand,
  WorkerDied,
  type WorkerOptions,
} from "./python-worker.ts";

export interface ToolParameter {
  readonly name: string;
  /** `*args` or `**kwargs`. */
  readonly collected: boolean;
  readonly hasDefault: boolean;
  /** Input type that literals are coerced to. */
  readonly type: string;
  /** What Python takes without a value, where JSON can carry it. */
  readonly default?: unknown;
  /** Names of the connection classes in the hint. */
  readonly connections: readonly string[];
  /** Name of the model configuration class in the hint. */
  readonly model?: string | null;
}

export interface ToolDescription {
  readonly parameters: readonly ToolParameter[];
  readonly construction: readonly ToolParameter[];
  /** Only of an entry: whether it is a class, and has `__aggregate__`. */
  readonly isClass?: boolean;
  readonly aggregates?: boolean;
}

export interface PoolOptions extends WorkerOptions {
  readonly nodes: readonly FlowNode[];
  /** Most processes at once. */
  readonly size: number;
  /** What flow and run add to the environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A line's place in the pool; the process behind it changes when one dies. */
export interface Seat extends Disposable {
  readonly index: number;
}

/** The Python processes of one loaded flow. */
export class PythonPool implements AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #workers = new Map<number, Promise<PythonWorker>>();
  readonly #lines: number[];
  #construction: WorkerCommand | undefined;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#lines = Array.from({ length: options.size }, () => 0);
  }

  /** The place with the fewest lines; the first ones are preferred, so that few processes start. */
  sit(): Seat {
    const index = this.#lines.indexOf(Math.min(...this.#lines));
    this.#move(index, 1);
    return { index, [Symbol.dispose]: () => this.#move(index, -1) };
  }

  /** Starts the first worker. Rejects with FlowError when Python or a tool file cannot be loaded. */
  async describe(): Promise<Readonly<Record<string, ToolDescription>>> {
    const { worker, tools } = await this.#start();
    this.#workers.set(0, Promise.resolve(worker));
    return tools;
  }

  /** Has every process, now and later, build the instance of the flow's class. Rejects with FlowError. */
  async construct(command: Omit<WorkerCommand, "do">): Promise<void> {
    this.#construction = { ...command, do: "construct" };
    await Promise.all([...this.#workers.values()].map(async (worker) => this.#build(await worker)));
  }

  /** The living process at this place, started or replaced when needed. */
  async worker(seat: Seat): Promise<PythonWorker> {
    const current = this.#workers.get(seat.index);
    const worker = await current;
    if (worker?.alive) return worker;
    // Another line may have replaced it meanwhile.
    const latest = this.#workers.get(seat.index);
    if (latest && latest !== current) return latest;
    const next = this.#start().then(({ worker }) => worker);
    this.#workers.set(seat.index, next);
    next.catch(() => this.#workers.delete(seat.index));
    return next;
  }

  /** Ends what runs now; the next call starts new processes. */
  interrupt(): void {
    for (const started of this.#workers.values()) {
      void started.then(
        (worker) => worker.kill(),
        () => undefined,
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const workers = await Promise.allSettled(this.#workers.values());
    await Promise.all(
      workers.map((started) =>
        started.status === "fulfilled" ? started.value[Symbol.asyncDispose]() : undefined,
      ),
    );
  }

  #move(index: number, by: number): void {
    this.#lines[index] = (this.#lines[index] ?? 0) + by;
  }

  async #start(): Promise<{ worker: PythonWorker; tools: Record<string, ToolDescription> }> {
    if (this.#closed) throw new WorkerDied("The flow was disposed", false);
    const { nodes, environment, folder, ...options } = this.#options;
    const worker = new PythonWorker({ ...options, folder });
    try {
      const files = nodes.map(({ name, path, type, tool }) => {
        if (type === "entry") return { name, entry: path };
        return tool === undefined ? { name, path } : { name, tool, template: path };
      });
      const answer = await worker.ask({ do: "load", folder, environment, nodes: files });
      if (answer.error) throw pythonLoadError(answer.error, nodes, this.#options.python);
      await this.#build(worker);
      return { worker, tools: answer.ok as Record<string, ToolDescription> };
    } catch (error) {
      await worker[Symbol.asyncDispose]();
      throw error instanceof WorkerDied ? await this.#startError(error) : error;
    }
  }

  async #build(worker: PythonWorker): Promise<void> {
    if (!this.#construction) return;
    const { error } = await worker.ask(this.#construction);
    if (error) throw constructionError(String(this.#construction.node), error);
  }

  async #startError(error: WorkerDied): Promise<FlowError> {
    const problem = await checkPython(this.#options.python).then(
      () => `${error.message} while it loaded the flow's tools. See the run's log.`,
      (reason: Error) => reason.message,
    );
    return new FlowError(systemError("PythonNotAvailable", problem), { cause: error });
  }
}
