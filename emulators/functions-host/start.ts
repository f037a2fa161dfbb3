import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Clock, systemClock } from "#emulators/kit/clock.ts";
import { type Emulator, serve } from "#emulators/kit/serve.ts";
import { prepareEnvironment, readLocalSettings } from "./app-settings.ts";
import { corsSettings, withCors } from "./cors.ts";
import { FunctionsHost } from "./host.ts";
import { readHostJson } from "./host-json.ts";
import type { BrokenApp } from "./load-app.ts";
import { createLog } from "./log.ts";

export interface FunctionsHostOptions {
  /** Folder of the app: package.json, host.json, perhaps local.settings.json. */
  readonly app: string;
  readonly port: number;
  /** Folder for instances, timers and events that wait; one host at a time has it. */
  readonly data: string;
  /** Default "refuse". */
  readonly broken?: BrokenApp;
  /** Whether callers need keys, as in Azure; default false, as with `func start`. */
  readonly auth?: boolean;
  /** `AzureWebJobsStorage`, unless the environment or the app's local settings have one. */
  readonly storage?: string | undefined;
  readonly clock?: Clock;
  /** Takes the log; standard output otherwise. */
  readonly write?: (line: string) => void;
}

/**
 * Hosts the function app of a folder in this process. Rejects when the data folder has another host, the port is taken,
 * or the app cannot be loaded and is not to run on without functions. A process can do this once.
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<Emulator> {
  const folder = resolve(options.app);
  requireFolder(folder);
  const dataFolder = join(options.data, "functions-host");
  ensureFolder(dataFolder);
  const clock = options.clock ?? systemClock;
  const log = createLog(options.write ?? ((line) => process.stdout.write(line)), () => clock.now());
  const host = new FunctionsHost(folder, readHostJson(folder), clock, log);
  const cors = corsSettings(readLocalSettings(folder).host);
  const server = await serve(
    (request, on) => withCors(request, cors, () => host.answer(request, on)),
    options.port,
    clock,
  );
  try {
    prepareEnvironment(process.env, folder, server.port);
    if (options.storage) process.env.AzureWebJobsStorage ||= options.storage;
    await host.load({
      port: server.port,
      dataFolder,
      broken: options.broken ?? "refuse",
      auth: options.auth ?? false,
    });
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      // What still runs may call this very server.
      await host.stop();
      await server[Symbol.asyncDispose]();
      await host.close();
    },
  };
}

function requireFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new Error(`${folder} is no folder. Name the one of a function app with --app.`);
}

function ensureFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new Error(`The folder ${folder} cannot be made: ${problem}. Name another with --data.`, {
      cause: error,
    });
  }
}
