import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";

const PROBE = join(import.meta.dirname, "memory-probe.ts");
const LOOPBACK = { NO_PROXY: "127.0.0.1,localhost,::1", no_proxy: "127.0.0.1,localhost,::1" };
const MIB = 1024 * 1024;

/** A process of its own whose memory is watched. */
export interface Part extends AsyncDisposable {
  /** What it listens at, for a part that serves. */
  readonly url: string;
  /** The next thing that it tells. Throws when it ends before that. */
  told<Told>(): Promise<Told>;
  /** The most resident memory that it had so far, in MiB. */
  peak(): Promise<number>;
}

/** Starts a file as a process. One that serves tells `{ready: url}` first, the others just begin. `nodeArgs` are for Node itself. */
export async function startPart(
  file: string,
  args: readonly string[],
  { serves = false, nodeArgs = [] }: { serves?: boolean; nodeArgs?: readonly string[] } = {},
): Promise<Part> {
  const child = fork(resolve(import.meta.dirname, file), [...args], {
    execArgv: ["--import", PROBE, ...nodeArgs],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...process.env, ...LOOPBACK },
  });
  const { ready: url = "", failed } = serves
    ? await next<{ ready?: string; failed?: string }>(child, file)
    : {};
  if (failed !== undefined) throw new Error(`${file} did not start: ${failed}`);
  return {
    url,
    told: () => next(child, file),
    async peak() {
      const answer = next<{ memory: { peak: number } }>(child, file);
      child.send("memory");
      return (await answer).memory.peak / MIB;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function next<Told>(child: ChildProcess, file: string): Promise<Told> {
  const over = new AbortController();
  try {
    const [told] = await Promise.race([
      once(child, "message", { signal: over.signal }),
      once(child, "exit", { signal: over.signal }).then(([code]) => {
        throw new Error(`${file} ended with ${code}.`);
      }),
    ]);
    return told as Told;
  } finally {
    over.abort();
  }
}
