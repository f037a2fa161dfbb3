import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { gone, isAlive } from "#emulators/kit/processes.ts";
import type { StackFile } from "./layout.ts";

const OLD_STACK_MS = 10_000;
const LOCK_POLL_MS = 50;

/** A stack's folder, held by one supervisor at a time. */
export class DataFolder implements Disposable {
  readonly path: string;
  readonly stackFile: string;
  readonly #lock: DatabaseSync;

  private constructor(path: string, lock: DatabaseSync) {
    this.path = path;
    this.stackFile = join(path, "stack.json");
    this.#lock = lock;
  }

  /**
   * Takes the folder over: removes what a killed stack left behind and waits up to 10 s for those of its
   * processes that are still stopping. Rejects when a stack is running on it.
   */
  static async open(folder: string, warn: (message: string) => void): Promise<DataFolder> {
    const path = resolve(folder);
    ensureFolder(path);
    const opened = new DataFolder(path, await takeLock(path));
    const old = opened.#savedPids().filter(isPart);
    if (old.length > 0) {
      warn(`Waiting for what is left of the last stack on ${path} to stop.`);
      const left = await gone(old, OLD_STACK_MS);
      if (left.length > 0) warn(`It has not stopped: ${left.join(", ")}.`);
    }
    opened.unpublish();
    return opened;
  }

  /** Kept for the next supervisor, should this one be killed. */
  savePids(pids: readonly number[]): void {
    this.#lock
      .prepare("INSERT OR REPLACE INTO stack (id, pids) VALUES (1, ?)")
      .run(JSON.stringify(pids));
  }

  /** Readers never see half of it. */
  publish(stack: StackFile): void {
    writeFileSync(`${this.stackFile}.new`, `${JSON.stringify(stack, null, 2)}\n`);
    renameSync(`${this.stackFile}.new`, this.stackFile);
  }

  unpublish(): void {
    for (const file of [this.stackFile, `${this.stackFile}.new`]) rmSync(file, { force: true });
  }

  [Symbol.dispose](): void {
    this.#lock.close();
  }

  #savedPids(): number[] {
    const row = this.#lock.prepare("SELECT pids FROM stack").get();
    return row ? (JSON.parse(String(row.pids)) as number[]) : [];
  }
}

function ensureFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = `${path} cannot be made a data folder (${code}). Choose another with --data DIR.`;
    throw new Error(message, { cause });
  }
}

/** SQLite's lock, unlike a file with a process id, ends with its holder, however that ended. */
async function takeLock(path: string): Promise<DatabaseSync> {
  const deadline = Date.now() + OLD_STACK_MS;
  for (;;) {
    const lock = new DatabaseSync(join(path, "stack.db"), { timeout: 0 });
    try {
      lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
      lock.exec(
        "CREATE TABLE IF NOT EXISTS stack (id INTEGER PRIMARY KEY, pids TEXT NOT NULL); COMMIT",
      );
      return lock;
    } catch (error) {
      lock.close();
      if (!isBusy(error)) throw error;
    }
    const running = readStackFile(path);
    if (running || Date.now() > deadline) throw new Error(alreadyRunning(path, running));
    await wait(LOCK_POLL_MS);
  }
}

/** SQLITE_BUSY. */
function isBusy(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === 5;
}

function alreadyRunning(path: string, stack: StackFile | undefined): string {
  const which = stack ? ` (pid ${stack.pid}, ${stack.functions})` : "";
  return `A stack already runs on the data folder ${path}${which}. Stop it, or choose another folder with --data DIR.`;
}

/** Undefined unless a stack is ready there. */
function readStackFile(path: string): StackFile | undefined {
  try {
    return JSON.parse(readFileSync(join(path, "stack.json"), "utf8")) as StackFile;
  } catch {
    return undefined;
  }
}

/** A process id may meanwhile belong to something else; where that can be seen, it is not waited for. */
function isPart(pid: number): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform !== "linux") return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("emulators/");
  } catch {
    return false;
  }
}
