import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { withoutProxy } from "./loopback.ts";
import { gone } from "./processes.ts";
import type { Emulator } from "./serve.ts";

export interface Arguments {
  /** Without it the emulator takes a free port. */
  readonly port: number;
  /** Folder for what must survive a restart. */
  readonly data: string;
  /** Any other `--name value`. */
  readonly more: Readonly<Record<string, string | undefined>>;
}

/** What a running emulator tells its supervisor. */
export type Report =
  | { readonly ready: string; readonly urls?: Readonly<Record<string, string>> }
  | { readonly failed: string };

/** What a supervisor may tell an emulator for the case that it dies itself. */
export interface LastWill {
  /** Processes that have to be gone before this one stops. */
  readonly stopAfter: readonly number[];
  /** A file that this one removes when it has stopped. */
  readonly remove?: string;
}

/** An orphan has stopped this long after its supervisor died, however slow the others are. */
const ORPHAN_WAITS_MS = 1_000;
const ORPHAN_ENDS_MS = 1_800;

/**
 * Runs one emulator as a process: prints its URLs, tells a supervisor through IPC
 * (`{ready: url}` or `{failed: message}`), and stops on Ctrl-C, SIGTERM or when the supervisor is gone.
 */
export async function run(
  name: string,
  options: readonly string[],
  start: (args: Arguments) => Promise<Emulator>,
): Promise<void> {
  const supervised = process.connected;
  ignoreClosedOutput();
  // biome-ignore lint/style/noProcessEnv: the SDKs read the proxy variables from here.
  Object.assign(process.env, withoutProxy(process.env));
  try {
    const emulator = await start(readArguments(options));
    stopOnRequest(emulator, supervised);
    const others = Object.entries(emulator.urls ?? {}).map(([of, url]) => `, ${of} ${url}`);
    process.stdout.write(`${name} is ready at ${emulator.url}${others.join("")}\n`);
    report({ ready: emulator.url, ...(emulator.urls ? { urls: emulator.urls } : {}) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${name} did not start: ${message}\n`);
    report({ failed: message });
    process.exitCode = 1;
    if (process.connected) process.disconnect();
  }
}

function report(message: Report): void {
  // A supervisor that dies meanwhile must not crash us: without a callback the failure is thrown.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

/** Output is read by the supervisor; its death must not stop us before we have stopped in order. */
function ignoreClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}

function readArguments(options: readonly string[]): Arguments {
  const names = ["port", "data", ...options];
  const { values } = parseArgs({
    options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
  });
  const { port, data, ...more } = values as Record<string, string | undefined>;
  return { port: readPort(port ?? "0", "--port"), data: data ?? ".flowgate", more };
}

export function readPort(text: string, option: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`${option} is "${text}"; it has to be a whole number from 0 to 65535.`);
}

function stopOnRequest(emulator: Emulator, supervised: boolean): void {
  let will: LastWill = { stopAfter: [] };
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await emulator[Symbol.asyncDispose]();
    if (will.remove !== undefined && !process.connected) rmSync(will.remove, { force: true });
    process.exit(0);
  };
  const stopAsOrphan = async () => {
    setTimeout(() => process.exit(1), ORPHAN_ENDS_MS).unref();
    await gone(will.stopAfter, ORPHAN_WAITS_MS);
    await stop();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop());
  if (!supervised) return;
  process.on("message", (message) => {
    if (isLastWill(message)) will = message;
  });
  // The IPC channel closes with the supervisor, however it ended, perhaps while we were starting.
  if (process.connected) process.on("disconnect", () => void stopAsOrphan());
  else void stopAsOrphan();
}

function isLastWill(message: unknown): message is LastWill {
  return typeof message === "object" && message !== null && "stopAfter" in message;
}
