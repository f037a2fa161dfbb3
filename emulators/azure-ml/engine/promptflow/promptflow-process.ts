import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import {
  type PythonCommand,
  pythonArguments,
} from "#emulators/azure-ml/engine/builtin/check-python.ts";
import { decodeFromPython, plain } from "#emulators/azure-ml/engine/builtin/python-values.ts";
import type { PromptflowError } from "./answers.ts";

export interface ProcessOptions {
  readonly python: PythonCommand;
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What prompt flow and the user's code print. */
  readonly log: (line: string) => void;
}

export type Message = Readonly<Record<string, unknown>>;

/** The process ended before it answered. */
export class ProcessDied extends Error {
  override readonly name = "ProcessDied";
}

/** prompt flow refused or failed as a whole. */
export class PromptflowFailed extends Error {
  override readonly name = "PromptflowFailed";
  readonly error: PromptflowError;

  constructor(error: PromptflowError) {
    super(error.message);
    this.error = error;
  }
}

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

const SCRIPT = fileURLToPath(new URL("./python/worker.py", import.meta.url));

/** One process of prompt flow with whatever it starts: one group, which ends with this process. */
export class PromptflowProcess implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #pending = new Map<number, Pending>();
  readonly #ended: Promise<void>;
  #onMessage: (message: Message) => void = () => {};
  #count = 0;
  #death: string | undefined;

  constructor({ python, folder, env, log }: ProcessOptions) {
    const [program, ...first] = pythonArguments(python);
    this.#process = spawn(program, [...first, "-B", SCRIPT], {
      cwd: folder,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...env },
    });
    this.#process.stdin.on("error", () => {
      // A dead process closes its pipe; `#ended` tells the askers.
    });
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#read(line));
    createInterface({ input: this.#process.stderr }).on("line", log);
    this.#ended = new Promise((resolve) => {
      this.#process.once("error", (error) =>
        resolve(this.#die(`cannot be started: ${error.message}`)),
      );
      this.#process.once("close", (code, signal) =>
        resolve(this.#die(signal ? `was ended by ${signal}` : `exited with code ${code}`)),
      );
    });
  }

  get alive(): boolean {
    return this.#death === undefined;
  }

  /** Rejects with PromptflowFailed, or with ProcessDied. `onMessage` hears what comes before the answer. */
  ask(command: Message, onMessage?: (message: Message) => void): Promise<unknown> {
    this.#count += 1;
    const id = this.#count;
    if (onMessage) this.#onMessage = onMessage;
    return new Promise((resolve, reject) => {
      if (this.#death !== undefined) {
        reject(new ProcessDied(this.#death));
        return;
      }
      this.#pending.set(id, { resolve, reject });
      this.tell({ id, ...command });
    });
  }

  tell(message: Message): void {
    this.#process.stdin.write(`${JSON.stringify(message)}\n`);
  }

  /** Ends the whole group, whatever it does. */
  kill(): void {
    if (this.#process.pid === undefined || this.#death !== undefined) return;
    process.kill(-this.#process.pid, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#ended;
  }

  #read(line: string): void {
    const message = plain(decodeFromPython(line)) as Message;
    const pending = this.#pending.get(message["id"] as number);
    if (!pending) {
      this.#onMessage(message);
      return;
    }
    this.#pending.delete(message["id"] as number);
    if (message["error"]) pending.reject(new PromptflowFailed(message["error"] as PromptflowError));
    else pending.resolve(message["ok"]);
  }

  #die(how: string): void {
    this.#death ??= `The process of prompt flow ${how}`;
    for (const { reject } of this.#pending.values()) reject(new ProcessDied(this.#death));
    this.#pending.clear();
  }
}
