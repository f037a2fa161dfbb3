import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "../../../emulators/functions-host/main.ts");

export const FIXTURE_APP = join(import.meta.dirname, "app");

export interface HostProcess extends AsyncDisposable {
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything it has written so far. */
  log(): string;
  /** Resolves once the text has been written. */
  logged(text: string): Promise<void>;
  call(method: string, path: string, body?: unknown): Promise<Response>;
  /** Calls `read` until it gives something; the answer comes over HTTP, so there is no event to wait for. */
  until<Result>(read: () => Promise<Result | undefined>): Promise<Result>;
  /** Dies as from SIGKILL and is gone when this resolves. */
  kill(): Promise<void>;
}

export interface HostProcessOptions {
  readonly app?: string;
  readonly data?: string;
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Further arguments. */
  readonly args?: readonly string[];
  /** Without a supervisor it runs as from a person's terminal; default true. */
  readonly supervised?: boolean;
}

/** Starts the host as a supervisor does. Rejects with its own message when it does not start. */
export async function startHost(options: HostProcessOptions = {}): Promise<HostProcess> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), "functions-host-")));
  const args = ["--app", options.app ?? FIXTURE_APP, "--data", data, ...(options.args ?? [])];
  if (options.port) args.push("--port", String(options.port));
  // biome-ignore lint/style/noProcessEnv: a child gets this process's environment and a little more
  const env = { ...process.env, ...options.env };
  const { supervised = true } = options;
  const child = supervised
    ? fork(MAIN, args, { execArgv: [], stdio: ["ignore", "pipe", "pipe", "ipc"], env })
    : spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"], env });
  const chunks: string[] = [];
  const log = () => chunks.join("");
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  }
  const { ready: url, failed } = supervised
    ? await reportOf(child)
    : { ready: await printedUrl(child, log), failed: log() };
  if (!url) {
    if (child.exitCode === null) await once(child, "exit");
    throw new Error(failed);
  }
  const host: HostProcess = {
    url,
    process: child,
    log,
    async logged(text) {
      const signal = AbortSignal.timeout(10_000);
      while (!log().includes(text)) if (child.stdout) await once(child.stdout, "data", { signal });
    },
    call: (method, path, body) =>
      fetch(`${url}${path}`, {
        method,
        redirect: "manual",
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      }),
    async until(read) {
      for (let tries = 0; tries < 2000; tries += 1) {
        const result = await read();
        if (result !== undefined) return result;
      }
      throw new Error(`It never came to it. The host's log:\n${log()}`);
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
    async [Symbol.asyncDispose]() {
      await host.kill();
      if (!options.data) await rm(data, { recursive: true, force: true });
    },
  };
  return host;
}

async function reportOf(child: ChildProcess) {
  const [message] = await once(child, "message");
  return message as { readonly ready?: string; readonly failed?: string };
}

async function printedUrl(child: ChildProcess, log: () => string): Promise<string | undefined> {
  const signal = AbortSignal.timeout(20_000);
  const url = () => / is ready at (\S+)\n/.exec(log())?.[1];
  while (!url() && child.exitCode === null && child.stdout) {
    await Promise.race([once(child.stdout, "data", { signal }), once(child, "exit", { signal })]);
  }
  return url();
}

export interface Status {
  readonly name: string;
  readonly instanceId: string;
  readonly runtimeStatus: string;
  readonly input: unknown;
  readonly customStatus: unknown;
  readonly output: unknown;
  readonly historyEvents?: readonly Record<string, unknown>[];
}

export const DURABLE = "/runtime/webhooks/durabletask";

/** Starts an orchestration over the management API; resolves with its id. */
export async function startInstance(
  host: HostProcess,
  name: string,
  input: unknown,
  id?: string,
): Promise<string> {
  const path = `${DURABLE}/orchestrators/${name}${id ? `/${id}` : ""}`;
  const response = await host.call("POST", path, input);
  const { id: started } = (await response.json()) as { id: string };
  return started;
}

/** Waits for one of the statuses. */
export function untilStatus(host: HostProcess, id: string, ...statuses: string[]): Promise<Status> {
  return host.until(async () => {
    const response = await host.call("GET", `${DURABLE}/instances/${id}`);
    if (!response.ok) return undefined;
    const status = (await response.json()) as Status;
    return statuses.includes(status.runtimeStatus) ? status : undefined;
  });
}

/** Runs an orchestration to its end. */
export async function runToEnd(host: HostProcess, name: string, input: unknown): Promise<Status> {
  const id = await startInstance(host, name, input);
  return untilStatus(host, id, "Completed", "Failed", "Terminated");
}
