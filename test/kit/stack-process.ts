import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gone } from "#emulators/kit/processes.ts";
import type { PartName, StackFile } from "#emulators/stack/layout.ts";

const MAIN = resolve(import.meta.dirname, "../../emulators/stack/main.ts");
const PORTS = 7;
/** Below the ports that systems hand out by themselves. */
const FIRST_BASE = 20_000;
const BASES = 1_500;
const START_MS = 60_000;
const POLL_MS = 25;

/** `npm start` as a process of its own, with a data folder and ports of its own. */
export class StackProcess implements AsyncDisposable {
  readonly data = mkdtempSync(join(tmpdir(), "flowgate-stack-"));
  readonly portBase: number;
  #child: ChildProcess | undefined;
  #printed = "";
  #pids: readonly number[] = [];

  private constructor(portBase: number) {
    this.portBase = portBase;
  }

  static async create(): Promise<StackProcess> {
    return new StackProcess(await freeBase());
  }

  /** Everything that it said so far, on both streams. */
  get printed(): string {
    return this.#printed;
  }

  get stackFile(): string {
    return join(this.data, "stack.json");
  }

  readStackFile(): StackFile {
    return JSON.parse(readFileSync(this.stackFile, "utf8")) as StackFile;
  }

  /** Resolves with `stack.json` once the stack is ready, also after an earlier one on the same folder. */
  async start(...options: readonly string[]): Promise<StackFile> {
    const child = this.spawn(...options);
    for (const end = Date.now() + START_MS; Date.now() < end; await sleep(POLL_MS)) {
      if (child.exitCode !== null) break;
      const stack = existsSync(this.stackFile) ? this.readStackFile() : undefined;
      if (stack?.pid !== child.pid || stack === undefined) continue;
      this.#pids = [stack.pid, ...partsOf(stack)];
      return stack;
    }
    throw new Error(`The stack did not start:\n${this.#printed}`);
  }

  spawn(...options: readonly string[]): ChildProcess {
    const { portBase, data } = this;
    const where = ["--port-base", String(portBase), "--data", data, "--latency", "none"];
    const child = spawn(process.execPath, [MAIN, ...where, ...options]);
    const hear = (text: Buffer) => {
      this.#printed += text.toString();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    this.#child = child;
    return child;
  }

  /** Kills one part, and resolves with `stack.json` once the stack has it again. */
  async killPart(name: PartName): Promise<StackFile> {
    const before = this.readStackFile().pids[name] ?? 0;
    process.kill(before, "SIGKILL");
    for (const end = Date.now() + START_MS; Date.now() < end; await sleep(POLL_MS)) {
      const stack = this.readStackFile();
      const isBack = stack.pids[name] !== before && (await answers(urlOf(stack, name)));
      if (!isBack) continue;
      this.#pids = [...this.#pids, ...partsOf(stack)];
      return stack;
    }
    throw new Error(`${name} did not come back:\n${this.#printed}`);
  }

  /** Sends the signal to the supervisor alone; resolves with its exit code, null where the signal ended it. */
  async end(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) throw new Error("The stack was not started.");
    const exited = child.exitCode === null && child.signalCode === null && once(child, "exit");
    child.kill(signal);
    await exited;
    return child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child?.exitCode === null && this.#child.signalCode === null)
      await this.end("SIGTERM");
    for (const pid of await gone(this.#pids, 5_000)) process.kill(pid, "SIGKILL");
    rmSync(this.data, { recursive: true, force: true });
  }
}

export function partsOf({ pids }: StackFile): readonly number[] {
  return Object.values(pids).filter((pid) => pid !== null);
}

/** Of Azurite its last service to listen. */
function urlOf(stack: StackFile, name: PartName): string {
  return name === "azurite" ? stack.table : stack[name];
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

async function freeBase(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const base = FIRST_BASE + PORTS * Math.floor(Math.random() * BASES);
    const ports = Array.from({ length: PORTS }, (_, index) => base + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base;
  }
  throw new Error("No seven free ports in a row.");
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
