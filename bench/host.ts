import { fork } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "..");
const APP = join(import.meta.dirname, "app");
const LOOPBACK = { NO_PROXY: "127.0.0.1,localhost,::1", no_proxy: "127.0.0.1,localhost,::1" };
const WAIT_S = 120;

/** A folder with the bundled app and the data of its hosts; gone when disposed. */
export interface Workplace extends AsyncDisposable {
  readonly app: string;
  readonly data: string;
}

export async function openWorkplace(): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const app = join(folder, "app");
  await mkdir(app);
  for (const file of ["host.json", "package.json"])
    await copyFile(join(APP, file), join(app, file));
  await bundle(join(APP, "main.ts"), join(app, "main.js"));
  return {
    app,
    data: join(folder, "data"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** One file with all that it imports, as the built app is. */
export async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    external: ["@azure/functions-core"],
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
}

export interface BenchHost extends AsyncDisposable {
  /** From the start of the process until it says that it is ready. */
  readonly readyMs: number;
  /** Starts an orchestration and resolves with its output. Throws when it does not complete in two minutes. */
  run(name: string, input: unknown, id?: string): Promise<unknown>;
  memoryBytes(): Promise<number>;
}

/** Starts the host's own command in a process of its own. */
export async function startBenchHost({ app, data }: Workplace): Promise<BenchHost> {
  const began = performance.now();
  const child = fork(
    join(ROOT, "emulators/functions-host/main.ts"),
    ["--app", app, "--data", data],
    { execArgv: [], silent: true, env: { ...process.env, ...LOOPBACK } },
  );
  child.stdout?.resume();
  child.stderr?.pipe(process.stderr);
  const [{ ready, failed }] = (await once(child, "message")) as [
    { ready?: string; failed?: string },
  ];
  if (!ready) throw new Error(`The host did not start: ${failed}`);
  const readyMs = performance.now() - began;
  return {
    readyMs,
    async run(name, input, id) {
      const path = `/runtime/webhooks/durabletask/orchestrators/${name}${id ? `/${id}` : ""}`;
      const response = await fetch(`${ready}${path}?timeout=${WAIT_S}&pollingInterval=1`, {
        method: "POST",
        body: JSON.stringify(input),
      });
      const answer = (await response.json()) as { runtimeStatus?: string };
      if (response.status === 200 && answer.runtimeStatus === undefined) return answer;
      throw new Error(`${name} did not complete: ${response.status} ${JSON.stringify(answer)}`);
    },
    async memoryBytes() {
      const { bytes } = (await (await fetch(`${ready}/api/memory`)).json()) as { bytes: number };
      return bytes;
    },
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    },
  };
}
