import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemError } from "#emulators/azure-ml/engine/builtin/errors.ts";
import {
  type Batch,
  type BatchResult,
  FlowError,
  type LineResult,
  type LoadedFlow,
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
import { BatchLines, failedLine } from "./batch-lines.ts";
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
    using lines = new BatchLines(batch, (message) => process.tell(message));
    try {
      signal?.throwIfAborted();
      const { inputsMapping: mapping } = batch;
      const { resumes } = lines;
      const command = { do: "batch", inputs: data.folders, mapping, resumes };
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
