import { fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import type { Report } from "#emulators/kit/run.ts";

export interface AzuriteOptions {
  /** 0, the default, takes a free one; so do the two below. */
  readonly blobPort?: number;
  readonly queuePort?: number;
  readonly tablePort?: number;
  /** Folder that keeps everything stored. */
  readonly data: string;
}

export interface Azurite extends AsyncDisposable {
  /** With the account, as in `http://127.0.0.1:10000/devstoreaccount1`. */
  readonly blob: string;
  readonly queue: string;
  readonly table: string;
  readonly connectionString: string;
  readonly pid: number;
}

const ACCOUNT = "devstoreaccount1";
/** Published by Microsoft for every storage emulator; it opens nothing else. */
const KEY =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const STOP_MS = 5_000;

/** Runs Azurite in a process of its own, which stops when this one ends. Rejects when a port is taken. */
export async function startAzurite(options: AzuriteOptions): Promise<Azurite> {
  const { blobPort = 0, queuePort = 0, tablePort = 0, data } = options;
  const ports = { "--port": blobPort, "--queue-port": queuePort, "--table-port": tablePort };
  const main = resolve(import.meta.dirname, "main.ts");
  const args = Object.entries(ports).flatMap(([name, port]) => [name, String(port)]);
  const child = fork(main, [...args, "--data", data], {
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let complaint = "";
  child.stderr?.on("data", (chunk) => {
    complaint += chunk;
  });
  const report = await Promise.race([
    once(child, "message").then(([message]) => message as Report),
    once(child, "exit").then(() => ({ failed: complaint.trim() || "it ended at once" })),
  ]);
  if ("failed" in report) throw new Error(`Azurite did not start. ${report.failed}`);
  const { blob = "", queue = "", table = "" } = report.urls ?? {};
  return {
    blob,
    queue,
    table,
    connectionString: connectionStringOf({ blob, queue, table }),
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

/** `UseDevelopmentStorage=true` knows only the default ports; this form says where the services are. */
export function connectionStringOf(urls: {
  readonly blob: string;
  readonly queue: string;
  readonly table: string;
}): string {
  return [
    "DefaultEndpointsProtocol=http",
    `AccountName=${ACCOUNT}`,
    `AccountKey=${KEY}`,
    `BlobEndpoint=${urls.blob}`,
    `QueueEndpoint=${urls.queue}`,
    `TableEndpoint=${urls.table}`,
  ].join(";");
}
