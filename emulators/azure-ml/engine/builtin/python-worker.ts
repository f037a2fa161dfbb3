import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { type PythonCommand, pythonArguments } from "./check-python.ts";
import { decodeFromPython, encodeForPython } from "./python-values.ts";

export interface WorkerOptions {
  readonly python: PythonCommand;
  readonly env: Readonly<Record<string, string | undefined>> | undefined;
  readonly folder: string;
  /** What user code prints, one line each. */
  readonly log: (line: string) => void;
  /** Answers what user code asks the engine for; a rejection is raised there. */
  readonly consult: (question: unknown) => Promise<unknown>;
}

export interface WorkerAnswer {
  readonly ok?: unknown;
  readonly error?: Readonly<Record<string, unknown>>;
  readonly metrics?: readonly (readonly [string, unknown])[];
}

export interface WorkerCommand {
  readonly do: "load" | "construct" | "call" | "get" | "aggregate" | "forget";
  readonly [field: string]: unknown;
}

/** The process ended while it worked on a command, or before it began with it. */
export class WorkerDied extends Error {
  override readonly name = "WorkerDied";
  /** False when the command can safely be given to another process. */
  readonly begun: boolean;

  constructor(message: string, begun: boolean) {
    super(message);
    this.begun = begun;
  }
}

interface Pending {
  readonly label: string;
  readonly resolve: (answer: WorkerAnswer) => void;
  readonly reject: (error: Error) => void;
  answer?: WorkerAnswer;
  logged?: boolean;
}

interface Question {
  readonly ask: number;
  readonly question: unknown;
}

const SCRIPT = fileURLToPath(new URL("./python/worker.py", import.meta.url));
const MARK = "\u001e";

/** One Python process; it works on one command at a time, in the order asked. */
export class PythonWorker implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #pending = new Map<number, Pending>();
  readonly #log: (line: string) => void;
  readonly #consult: WorkerOptions["consult"];
  readonly #ended: Promise<void>;
  #count = 0;
  #label = "";
  #tail: Promise<unknown> = Promise.resolve();
  #death: string | undefined;

  constructor({ python, env, folder, log, consult }: WorkerOptions) {
    const [program, ...first] = pythonArguments(python);
    this.#log = log;
    this.#consult = consult;
    this.#process = spawn(program, [...first, "-B", SCRIPT], {
      cwd: folder,
      stdio: ["pipe", "pipe", "pipe"],
      ...(env ? { env: { ...env } } : {}),
    });
    this.#process.stdin.on("error", () => {
      // A dead process closes its pipe; `#ended` tells the askers.
    });
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#readAnswer(line));
    createInterface({ input: this.#process.stderr }).on("line", (line) => this.#readLog(line));
    this.#ended = new Promise((resolve) => {
      this.#process.once("error", (error) =>
        resolve(this.#die(`cannot be started: ${error.message}`)),
      );
      this.#process.once("close", (code, signal) => {
        resolve(this.#die(signal ? `was ended by ${signal}` : `exited with code ${code}`));
      });
    });
  }

  get alive(): boolean {
    return this.#death === undefined;
  }

  /** Waits for its turn; `onTurn` is called when the process begins with it. Rejects with WorkerDied. */
  ask(command: WorkerCommand, label = "", onTurn?: () => void): Promise<WorkerAnswer> {
    const turn = this.#tail.then(() => {
      if (this.#death !== undefined) throw new WorkerDied(this.#death, false);
      onTurn?.();
      return this.#send(command, label);
    });
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** Ends the process whatever it does; what was asked rejects with WorkerDied. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#ended;
  }

  #send(command: WorkerCommand, label: string): Promise<WorkerAnswer> {
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { label, resolve, reject });
      this.#process.stdin.write(`${encodeForPython({ id, ...command })}\n`);
    });
  }

  #readAnswer(line: string): void {
    const message = decodeFromPython(line) as (WorkerAnswer & { id: number }) | Question;
    if ("ask" in message) {
      void this.#reply(message);
      return;
    }
    const answer = message;
    const pending = this.#pending.get(answer.id);
    if (!pending) return;
    pending.answer = answer;
    this.#settle(answer.id, pending);
  }

  async #reply({ ask, question }: Question): Promise<void> {
    const answer = await this.#consult(question).then(
      (ok) => ({ ok }),
      (error: Error) => ({ error: error.message }),
    );
    this.#process.stdin.write(`${encodeForPython({ reply: ask, ...answer })}\n`);
  }

  #readLog(line: string): void {
    const at = line.indexOf(MARK);
    if (at < 0) {
      this.#log(this.#label ? `${this.#label}: ${line}` : line);
      return;
    }
    // User code may have ended without a line break.
    if (at > 0) this.#log(this.#label ? `${this.#label}: ${line.slice(0, at)}` : line.slice(0, at));
    const [what, number] = line.slice(at + 1).split(" ");
    const id = Number(number);
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#label = what === "start" ? pending.label : "";
    if (what === "end") pending.logged = true;
    this.#settle(id, pending);
  }

  /** An answer counts once the log has caught up, so that a run's log is whole when the run ends. */
  #settle(id: number, pending: Pending): void {
    if (!pending.answer || !pending.logged) return;
    this.#pending.delete(id);
    pending.resolve(pending.answer);
  }

  #die(how: string): void {
    this.#death ??= `The Python process ${how}`;
    for (const { reject } of this.#pending.values()) reject(new WorkerDied(this.#death, true));
    this.#pending.clear();
  }
}
