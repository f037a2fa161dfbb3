import { resolve } from "node:path";
import { forkEmulator } from "#emulators/kit/fork.ts";

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

/** Runs Azurite in a process of its own, which stops when this one ends. Rejects when a port is taken. */
export async function startAzurite(options: AzuriteOptions): Promise<Azurite> {
  const { blobPort = 0, queuePort = 0, tablePort = 0, data } = options;
  const ports = { "--port": blobPort, "--queue-port": queuePort, "--table-port": tablePort };
  const args = Object.entries(ports).flatMap(([name, port]) => [name, String(port)]);
  const azurite = await forkEmulator({
    name: "Azurite",
    main: resolve(import.meta.dirname, "main.ts"),
    args: [...args, "--data", data],
  });
  const { blob = "", queue = "", table = "" } = azurite.urls;
  return {
    blob,
    queue,
    table,
    connectionString: connectionStringOf({ blob, queue, table }),
    pid: azurite.pid,
    [Symbol.asyncDispose]: () => azurite[Symbol.asyncDispose](),
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
