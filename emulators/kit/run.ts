import { parseArgs } from "node:util";
import type { Emulator } from "./serve.ts";

export interface Arguments {
  /** Without it the emulator takes a free port. */
  readonly port: number;
  /** Folder for what must survive a restart. */
  readonly data: string;
  /** Any other `--name value`. */
  readonly more: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs one emulator as a process: prints its URL, tells a supervisor through IPC
 * (`{ready: url}` or `{failed: message}`), and stops on Ctrl-C, SIGTERM or when the supervisor is gone.
 */
export async function run(
  name: string,
  options: readonly string[],
  start: (args: Arguments) => Promise<Emulator>,
): Promise<void> {
  try {
    const emulator = await start(readArguments(options));
    process.stdout.write(`${name} is ready at ${emulator.url}\n`);
    process.send?.({ ready: emulator.url });
    stopOnRequest(emulator);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${name} did not start: ${message}\n`);
    process.send?.({ failed: message });
    process.exitCode = 1;
    process.disconnect?.();
  }
}

function readArguments(options: readonly string[]): Arguments {
  const names = ["port", "data", ...options];
  const { values } = parseArgs({
    options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
  });
  const { port, data, ...more } = values as Record<string, string | undefined>;
  return { port: Number(port ?? 0), data: data ?? ".flowgate", more };
}

function stopOnRequest(emulator: Emulator): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await emulator[Symbol.asyncDispose]();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop());
  // The IPC channel closes with the supervisor, however it ended.
  if (process.connected) process.on("disconnect", () => void stop());
}
