import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemError, userError } from "#emulators/azure-ml/engine/builtin/errors.ts";
import {
  type Batch,
  type BatchResult,
  FlowError,
  type LineResult,
  type LoadedFlow,
  type Row,
  type Rows,
} from "#emulators/azure-ml/engine/engine.ts";
import {
  type BatchAnswer,
  errorBody,
  flowError,
  type LineAnswer,
  type LoadAnswer,
  lineResult,
} from "./answers.ts";
import {
  type Message,
  ProcessDied,
  PromptflowFailed,
  type PromptflowProcess,
} from "./promptflow-process.ts";

export interface PromptflowParts {
  /** Starts a process that has not loaded anything yet. */
  readonly start: () => PromptflowProcess;
  readonly load: Message;
  /** Removes what the flow keeps on disk. */
  readonly dispose: () => Promise<void>;
}

/** Loads the flow in a process of prompt flow. Rejects with FlowError, with nothing left running. */
export async function loadPromptflow(parts: PromptflowParts): Promise<LoadedFlow> {
  const flow = new LoadedPromptflow(parts);
  const { inputs, nodes } = await flow.load().catch(async (error: unknown) => {
    await flow[Symbol.asyncDispose]();
    throw error;
  });
  return {
    inputs,
    nodes,
    runBatch: (batch) => flow.runBatch(batch),
    serve: (given) => flow.serve(given),
    [Symbol.asyncDispose]: () => flow[Symbol.asyncDispose](),
  };
}

class LoadedPromptflow implements AsyncDisposable {
  readonly #parts: PromptflowParts;
  #process: PromptflowProcess | undefined;
  #loading: Promise<LoadAnswer> | undefined;

  constructor(parts: PromptflowParts) {
    this.#parts = parts;
  }

  load(): Promise<LoadAnswer> {
    if (this.#loading && this.#process?.alive) return this.#loading;
    this.#process = this.#parts.start();
    this.#loading = this.#ask(this.#process, {
      do: "load",
      ...this.#parts.load,
    }) as Promise<LoadAnswer>;
    return this.#loading;
  }

  async serve(given: Readonly<Record<string, unknown>>): Promise<LineResult> {
    const startedAt = new Date();
    try {
      const process = await this.#living();
      return lineResult((await process.ask({ do: "serve", inputs: given })) as LineAnswer);
    } catch (error) {
      const body = error instanceof PromptflowFailed ? errorBody(error.error) : failure(error).body;
      return failedLine({ lineNumber: 0, inputs: given, error: body, startedAt });
    }
  }

  async runBatch(batch: Batch): Promise<BatchResult> {
    const { signal } = batch;
    signal?.throwIfAborted();
    const process = await this.#living();
    const data = await writeSources(batch);
    const cancel = () => process.kill();
    signal?.addEventListener("abort", cancel);
    const lines = new Lines(batch, (leaveOut) => process.tell({ leaveOut }));
    try {
      signal?.throwIfAborted();
      const command = { do: "batch", inputs: data.folders, mapping: batch.inputsMapping };
      const answer = await process.ask(command, (message) => lines.hear(message));
      return lines.result(answer as BatchAnswer);
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof PromptflowFailed ? flowError(error.error) : failure(error);
    } finally {
      signal?.removeEventListener("abort", cancel);
      await rm(data.root, { recursive: true, force: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    await this.#parts.dispose();
  }

  async #living(): Promise<PromptflowProcess> {
    await this.load();
    if (!this.#process) throw new Error("A loaded flow has a process.");
    return this.#process;
  }

  async #ask(process: PromptflowProcess, command: Message): Promise<unknown> {
    try {
      return await process.ask(command);
    } catch (error) {
      throw error instanceof PromptflowFailed ? flowError(error.error) : failure(error);
    }
  }
}

/** What a batch hears of its lines: each is told once, as soon as it is known. */
class Lines {
  readonly #batch: Batch;
  readonly #answer: (leaveOut: readonly number[]) => void;
  readonly #told = new Set<number>();
  readonly #broken = new Map<number, string>();
  readonly #leftOut: LineResult[] = [];

  constructor(batch: Batch, answer: (leaveOut: readonly number[]) => void) {
    this.#batch = batch;
    this.#answer = answer;
  }

  hear(message: Message): void {
    if (message["mapped"]) this.#chooseBroken(message["mapped"] as number[]);
    if (message["leftOut"]) this.#fail(message["leftOut"] as Record<string, Row>);
    if (message["line"]) this.#tell(lineResult(message["line"] as LineAnswer));
  }

  result({ lines, metrics, aggregationErrors }: BatchAnswer): BatchResult {
    const all = [...lines.map(lineResult), ...this.#leftOut];
    for (const line of all) this.#tell(line);
    const [first] = aggregationErrors;
    return {
      lines: this.#batch.onLine ? [] : all.sort((a, b) => a.lineNumber - b.lineNumber),
      metrics,
      aggregationError: first ? { node: first.node, error: errorBody(first.error) } : null,
    };
  }

  #chooseBroken(numbers: readonly number[]): void {
    for (const number of numbers) {
      const message = this.#batch.breakLine?.(number);
      if (message !== undefined) this.#broken.set(number, message);
    }
    this.#answer([...this.#broken.keys()]);
  }

  #fail(rows: Readonly<Record<string, Row>>): void {
    for (const [number, message] of this.#broken) {
      const { line_number: _number, ...inputs } = rows[number] ?? {};
      const error = userError("ToolExecutionError", message);
      this.#leftOut.push(failedLine({ lineNumber: number, inputs, error, startedAt: new Date() }));
    }
  }

  #tell(line: LineResult): void {
    if (this.#told.has(line.lineNumber)) return;
    this.#told.add(line.lineNumber);
    this.#batch.onLine?.(line);
  }
}

function failedLine(
  line: Pick<LineResult, "lineNumber" | "inputs" | "error" | "startedAt">,
): LineResult {
  const tokens = { prompt: 0, completion: 0 };
  return { ...line, status: "Failed", outputs: null, nodes: {}, endedAt: new Date(), tokens };
}

function failure(error: unknown): FlowError {
  if (error instanceof FlowError) return error;
  if (!(error instanceof ProcessDied)) throw error;
  const message = `${error.message}. See the run's log for what it printed last.`;
  return new FlowError(systemError("ProcessCrashError", message), { cause: error });
}

/** The rows as prompt flow reads them: a folder with one file for each source. */
async function writeSources({ data, run }: Batch) {
  const root = await mkdtemp(join(tmpdir(), "flowgate-rows-"));
  const folders: Record<string, string> = {};
  const sources = {
    ...(data ? { data } : {}),
    ...(run ? { "run.inputs": run.inputs, "run.outputs": run.outputs } : {}),
  };
  for (const [name, rows] of Object.entries(sources)) {
    const folder = join(root, name);
    await mkdir(folder);
    await writeFile(join(folder, "rows.jsonl"), linesOf(rows));
    folders[name] = folder;
  }
  return { root, folders };
}

function* linesOf(rows: Rows): Generator<string> {
  for (const row of rows) yield `${JSON.stringify(row)}\n`;
}
