import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import type { LastWill, Report } from "#emulators/kit/run.ts";
import { PART_TITLES, type PartName } from "./layout.ts";

export interface PartPlan {
  readonly name: PartName;
  /** Absolute path of its `main.ts`. */
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[];
  /** What has to be done each time that it has started. */
  readonly afterStart?: () => Promise<void>;
}

export interface PartWatcher {
  /** One line that the part printed. */
  readonly log: (line: string) => void;
  readonly warn: (message: string) => void;
  /** There is a new process. */
  readonly changed: () => void;
}

const START_MS = 60_000;
const STOP_MS = 5_000;
/** Waits before the first, second, … start of a part that keeps dying. */
const RESTART_WAITS = [0, 500, 1_000, 2_000, 5_000];
const LONGEST_RESTART_WAIT = 10_000;
/** One that lived this long was well. */
const STEADY_MS = 30_000;
const LAST_WORDS = 20;

/** One process of the stack, started again whenever it dies. */
export class Part {
  readonly name: PartName;
  readonly #plan: PartPlan;
  readonly #watcher: PartWatcher;
  readonly #stopped = new AbortController();
  #child: ChildProcess | undefined;
  #deaths = 0;
  #reviving: Promise<void> = Promise.resolve();

  constructor(plan: PartPlan, watcher: PartWatcher) {
    this.name = plan.name;
    this.#plan = plan;
    this.#watcher = watcher;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when it is ready; rejects with its own words when it does not become so. */
  async start(): Promise<void> {
    const lastWords: string[] = [];
    const child = this.#fork(lastWords);
    this.#child = child;
    this.#watcher.changed();
    const startedAt = Date.now();
    const report = await firstReport(child, lastWords);
    if ("failed" in report) {
      child.kill("SIGKILL");
      throw new Error(`${sentence(PART_TITLES[this.name])} did not start: ${report.failed}`);
    }
    // It listens only now.
    this.#watcher.changed();
    await this.#plan.afterStart?.();
    const reviveOnce = () => this.#died(child, Date.now() - startedAt);
    if (hasEnded(child)) reviveOnce();
    else child.once("exit", reviveOnce);
  }

  /** Asks, waits, and at last insists. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#reviving;
    const child = this.#child;
    if (!child || hasEnded(child)) return;
    const ended = once(child, "exit");
    const insist = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    if (child.connected) child.disconnect();
    else child.kill("SIGTERM");
    await ended;
    clearTimeout(insist);
  }

  /** What it does should the supervisor be killed. */
  bequeath(will: LastWill): void {
    if (this.#child?.connected) this.#child.send(will, () => {});
  }

  #fork(lastWords: string[]): ChildProcess {
    const { script, args, env, nodeArgs = [] } = this.#plan;
    const child = fork(script, args, {
      env,
      execArgv: [...nodeArgs],
      // Ctrl-C reaches a whole process group; only the supervisor is to hear it, and to stop us in order.
      detached: process.platform !== "win32",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on("line", (line) => {
        lastWords.push(line);
        if (lastWords.length > LAST_WORDS) lastWords.shift();
        this.#watcher.log(line);
      });
    }
    child.on("error", () => {});
    return child;
  }

  #died(child: ChildProcess, livedMs: number): void {
    if (this.#stopped.signal.aborted) return;
    this.#deaths = livedMs >= STEADY_MS ? 1 : this.#deaths + 1;
    const how = child.signalCode ?? `exit code ${child.exitCode}`;
    const who = `${sentence(PART_TITLES[this.name])} (pid ${child.pid})`;
    this.#watcher.warn(`${who} ended with ${how}; it is started again.`);
    this.#reviving = this.#revive();
  }

  async #revive(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const pause = RESTART_WAITS[this.#deaths - 1] ?? LONGEST_RESTART_WAIT;
      await wait(pause, undefined, { signal: this.#stopped.signal }).catch(() => {});
      if (this.#stopped.signal.aborted) return;
      try {
        await this.start();
        this.#watcher.warn(`${sentence(PART_TITLES[this.name])} runs again (pid ${this.pid}).`);
        return;
      } catch (error) {
        this.#deaths += 1;
        this.#watcher.warn(error instanceof Error ? error.message : String(error));
      }
    }
  }
}

async function firstReport(child: ChildProcess, lastWords: readonly string[]): Promise<Report> {
  const settled = new AbortController();
  const { signal } = settled;
  const ended = once(child, "close", { signal }).then(() => ({
    failed: lastWords.join("\n") || `it ended with ${child.signalCode ?? child.exitCode}`,
  }));
  const late = wait(START_MS, undefined, { signal, ref: false }).then(() => ({
    failed: `it was not ready after ${START_MS / 1_000} s`,
  }));
  const said = once(child, "message", { signal }).then(([message]) => message as Report);
  try {
    return await Promise.race([said, ended, late]);
  } finally {
    for (const loser of [said, ended, late]) loser.catch(() => {});
    settled.abort();
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function sentence(title: string): string {
  return title.charAt(0).toUpperCase() + title.slice(1);
}
