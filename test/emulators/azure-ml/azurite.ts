import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface Azurite extends AsyncDisposable {
  readonly connectionString: string;
}

const KEY =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** Microsoft's blob emulator in memory, on a free port. */
export async function startAzurite(): Promise<Azurite> {
  const root = dirname(createRequire(import.meta.url).resolve("azurite/package.json"));
  const child = spawn(process.execPath, [
    join(root, "dist/src/blob/main.js"),
    "--blobPort=0",
    "--inMemoryPersistence",
    "--skipApiVersionCheck",
    "--disableTelemetry",
  ]);
  const url = await listening(child);
  return {
    connectionString: `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=${KEY};BlobEndpoint=${url}/devstoreaccount1;`,
    async [Symbol.asyncDispose]() {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const url = /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1];
      if (url) resolve(url);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => reject(new Error(`Azurite ended with ${code}: ${output}`)));
  });
}
