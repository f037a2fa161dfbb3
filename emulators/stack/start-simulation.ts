import { resolve } from "node:path";
import { checkPython } from "#emulators/azure-ml/engine/builtin/check-python.ts";
import { connectionStringOf } from "#emulators/azurite/start-azurite.ts";
import { forkEmulator } from "#emulators/kit/fork.ts";
import { withoutProxy } from "#emulators/kit/loopback.ts";
import { ensureBuilt } from "./build-app.ts";
import type { StackPlace, StackUrls } from "./layout.ts";
import { placeOf, readSample } from "./settings.ts";

export interface SimulationOptions {
  /** Folder for what the parts keep. */
  readonly data: string;
  /** ISO 8601; default the first instant of 2026. */
  readonly start?: string;
  /** How long Azure ML takes, as its `--latency` says it; default `real`. */
  readonly latency?: string;
  /** Default `FLOWGATE_PYTHON` of the environment, else `python3`. */
  readonly python?: string;
  /** Whether storage can be broken too, at `storageDoor`; default not. */
  readonly storageDoor?: boolean;
  /** Folder of the app; default this repository. */
  readonly app?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Simulation extends StackUrls, StackPlace, AsyncDisposable {
  /** Connection string of the storage account. */
  readonly storage: string;
  /** Where the back door of storage is; empty without one. */
  readonly storageDoor: string;
  /** Virtual time, in milliseconds since the epoch. */
  now(): Promise<number>;
  /** Lets virtual time pass; resolves when all that was due by then is done. */
  advance(ms: number): Promise<void>;
}

const REPOSITORY = resolve(import.meta.dirname, "../..");

/**
 * The whole stack in virtual time, which passes only in `advance` and skips whatever is idle: forty minutes of waiting
 * for Azure take a second. Rejects, with nothing left running, when Python is missing, the app does not build or a part
 * does not start.
 */
export async function startSimulation(options: SimulationOptions): Promise<Simulation> {
  const { data, start = "2026-01-01T00:00:00Z", latency = "real", env = process.env } = options;
  const { app = REPOSITORY, python = env["FLOWGATE_PYTHON"] || "python3" } = options;
  await checkPython(python);
  await ensureBuilt(app);
  const door = String(options.storageDoor ?? false);
  const given = { app, data: resolve(data), start, latency, python, "storage-door": door };
  const simulation = await forkEmulator({
    name: "The simulation",
    main: resolve(import.meta.dirname, "simulation-main.ts"),
    args: Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]),
    env: { ...env, ...withoutProxy(env) },
  });
  // What it reports are all the URLs of its parts.
  const urls = simulation.urls as unknown as StackUrls & { storageDoor: string };
  return {
    ...urls,
    ...placeOf(readSample(app)),
    storage: connectionStringOf(urls),
    now: () => ask(simulation.url),
    advance: async (ms) => {
      await ask(simulation.url, { method: "POST", body: String(ms) });
    },
    [Symbol.asyncDispose]: () => simulation[Symbol.asyncDispose](),
  };
}

async function ask(url: string, init: RequestInit = {}): Promise<number> {
  const answer = (await (await fetch(url, init)).json()) as { now: number; error?: string };
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.now;
}
