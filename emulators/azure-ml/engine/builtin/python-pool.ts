import { FlowError } from "#emulators/azure-ml/engine/engine.ts";
import { checkPython, pythonArguments } from "./check-python.ts";
import { resolveToolError, systemError } from "./errors.ts";
import type { FlowNode } from "./flow-file.ts";
import {
  PythonWorker,
  type WorkerAnswer,
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
  /** Names of the connection classes in the hint. */
  readonly connections: readonly string[];
}

export interface ToolDescription {
  readonly parameters: readonly ToolParameter[];
  readonly construction: readonly ToolParameter[];
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
      const files = nodes.map(({ name, path }) => ({ name, path }));
      const answer = await worker.ask({ do: "load", folder, environment, nodes: files });
      if (answer.error) throw this.#loadError(answer.error);
      return { worker, tools: answer.ok as Record<string, ToolDescription> };
    } catch (error) {
      await worker[Symbol.asyncDispose]();
      throw error instanceof WorkerDied ? await this.#startError(error) : error;
    }
  }

  async #startError(error: WorkerDied): Promise<FlowError> {
    const problem = await checkPython(this.#options.python).then(
      () => `${error.message} while it loaded the flow's tools. See the run's log.`,
      (reason: Error) => reason.message,
    );
    return new FlowError(systemError(["PythonNotAvailable"], problem), { cause: error });
  }

  #loadError({
    node,
    code,
    type,
    message,
    file,
    line,
    module,
  }: NonNullable<WorkerAnswer["error"]>): FlowError {
    const name = String(node);
    if (code !== "PythonLoadError") return resolveToolError(name, String(code), String(message));
    const where = line === null ? file : `${file}:${line}`;
    const hint = module === null ? "" : `${this.#missingModule(String(module))}`;
    return resolveToolError(
      name,
      "PythonLoadError",
      `Failed to load python module '${where}': (${type}) ${message}${hint}`,
    );
  }

  #missingModule(module: string): string {
    const python = pythonArguments(this.#options.python).join(" ");
    const [top = module] = module.split(".");
    if (top === "promptflow") {
      const name = module.startsWith("promptflow.tools") ? "promptflow-tools" : "promptflow";
      return `. The builtin engine's own stand-in for promptflow has no '${module}': run '${python} -m pip install ${name}' with the Python that Flowgate uses.`;
    }
    return `. The module '${top}' is missing: add its package to the flow's requirements.txt and run '${python} -m pip install' for it with the Python that Flowgate uses, or put ${top}.py into the flow folder.`;
  }
}
