import { fork } from "node:child_process";
import { once } from "node:events";
import type { Report } from "./run.ts";

export interface ForkOptions {
  /** As people know it. */
  readonly name: string;
  /** Its `main.ts`, by absolute path. */
  readonly main: string;
  readonly args: readonly string[];
  /** Default that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Forked extends AsyncDisposable {
  readonly url: string;
  readonly urls: Readonly<Record<string, string>>;
  readonly pid: number;
}

const STOP_MS = 5_000;

/** Runs a `main.ts` in a process of its own, which stops when this one ends. Rejects when it does not get ready. */
export async function forkEmulator({ name, main, args, env }: ForkOptions): Promise<Forked> {
  const child = fork(main, [...args], {
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    ...(env ? { env: { ...env } } : {}),
  });
  let complaint = "";
  child.stderr?.on("data", (chunk) => {
    complaint += chunk;
  });
  const report = await Promise.race([
    once(child, "message").then(([message]) => message as Report),
    once(child, "exit").then(() => ({ failed: complaint.trim() || "it ended at once" })),
  ]);
  if ("failed" in report) throw new Error(`${name} did not start: ${report.failed}`);
  return {
    url: report.ready,
    urls: report.urls ?? {},
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      if (child.connected) child.disconnect();
      await ended;
      clearTimeout(late);
    },
  };
}
