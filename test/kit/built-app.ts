import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const HOST = join(ROOT, "emulators/functions-host/main.ts");

/** The built app in a Functions host of its own. */
export interface BuiltApp extends AsyncDisposable {
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything that the host has written so far. */
  log(): string;
}

/** The app over a storage account of the test's choice; nothing else of the stack is there. */
export async function startBuiltApp(
  storage: string,
  execArgv: readonly string[] = [],
): Promise<BuiltApp> {
  const data = await mkdtemp(join(tmpdir(), "flowgate-app-"));
  const sample = await readFile(join(ROOT, "local.settings.sample.json"), "utf8");
  const { Values } = JSON.parse(sample) as { Values: Record<string, string> };
  const nodeArgs = Values["languageWorkers__node__arguments"]?.split(" ") ?? [];
  const child = fork(HOST, ["--app", ROOT, "--data", data], {
    execArgv: [...nodeArgs, ...execArgv],
    silent: true,
    // biome-ignore lint/style/noProcessEnv: a child gets this process's environment and its settings
    env: { ...process.env, ...Values, AzureWebJobsStorage: storage, FLOWGATE_STORAGE: storage },
  });
  const written: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => written.push(chunk.toString()));
  }
  const [report] = (await once(child, "message")) as [{ ready?: string; failed?: string }];
  if (report.ready === undefined) throw new Error(report.failed);
  return {
    url: report.ready,
    process: child,
    log: () => written.join(""),
    async [Symbol.asyncDispose]() {
      const exited = child.exitCode === null && child.signalCode === null && once(child, "exit");
      child.kill("SIGKILL");
      await exited;
      await rm(data, { recursive: true, force: true });
    },
  };
}
