import { join, resolve } from "node:path";
import { checkPython } from "#emulators/azure-ml/engine/builtin/check-python.ts";
import { readEngineName } from "#emulators/azure-ml/engine/create-engine.ts";
import { connectionStringOf } from "#emulators/azurite/start-azurite.ts";
import { withoutProxy } from "#emulators/kit/loopback.ts";
import { ensureBuilt } from "./build-app.ts";
import { DataFolder } from "./data-folder.ts";
import {
  type FrontDoor,
  PART_NAMES,
  type PartName,
  type StackFile,
  type StackPids,
  type StackPlace,
  type StackUrls,
  urlsOf,
} from "./layout.ts";
import { Part } from "./part.ts";
import { planParts } from "./plan.ts";
import { choosePorts, ensurePortsFree, type PortChoice } from "./ports.ts";
import { appSettings, placeOf, readSample } from "./settings.ts";

export interface StackOptions {
  readonly ports?: PortChoice;
  /** Folder for all that must outlive the stack; one stack at a time. */
  readonly data: string;
  /** How long Azure ML takes, as its `--latency` says it; default `demo`. */
  readonly latency?: string;
  /** Without it somebody else, `func` perhaps, runs the built app on the functions port; default true. */
  readonly functions?: boolean;
  /** Default `FLOWGATE_PYTHON` of the environment, else `python3`. */
  readonly python?: string;
  /** What executes flows; default `FLOWGATE_ENGINE` of the environment, else `builtin`. */
  readonly engine?: string;
  /** Port where Azure ML speaks TLS too, for stock clients of Azure; default none. */
  readonly tls?: number;
  /** Folder of the app; default this repository. */
  readonly app?: string;
  /** Another `main.ts` in a part's place, by absolute path. */
  readonly scripts?: Readonly<Partial<Record<PartName, string>>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What the parts print, line by line. */
  readonly log?: (part: PartName, line: string) => void;
  /** What the supervisor has to say: a part that died, an old stack that is waited for. */
  readonly warn?: (message: string) => void;
  /** Gives up while still starting; what was started is stopped, and the call rejects. */
  readonly signal?: AbortSignal;
}

export interface Stack extends StackUrls, StackPlace, AsyncDisposable {
  /** Connection string of the storage account. */
  readonly storage: string;
  readonly stackFile: string;
  readonly tls?: FrontDoor;
  /** As they are now: a part that died has a new one. */
  pids(): StackPids;
  /** Stops the parts, the host first. */
  stop(): Promise<void>;
}

const REPOSITORY = resolve(import.meta.dirname, "../..");

/**
 * Starts Azure on this machine and keeps it alive until stopped. Rejects, with nothing left running, when
 * Python is missing, a port is taken, the app does not build or a part does not start.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { functions = true, app = REPOSITORY, env = process.env, signal, tls } = options;
  const python = options.python ?? (env["FLOWGATE_PYTHON"] || "python3");
  const engine = readEngineName(options.engine ?? (env["FLOWGATE_ENGINE"] || "builtin"));
  const warn = options.warn ?? (() => {});
  // The storage SDK looks for a proxy here, not in `env`, once its first client is made.
  Object.assign(process.env, withoutProxy(process.env));
  await checkPython(python);
  await ensureBuilt(app);
  const folder = await DataFolder.open(options.data, warn);
  const supervisor = new Supervisor(folder);
  try {
    signal?.throwIfAborted();
    const ports = await choosePorts(options.ports ?? "default");
    await ensurePortsFree({ ports, functions, tls });
    const urls = urlsOf(ports);
    const sample = readSample(app);
    const place = placeOf(sample);
    const { latency = "demo", scripts = {} } = options;
    const plans = planParts({
      app,
      data: folder.path,
      ports,
      urls,
      place,
      settings: appSettings(sample, urls),
      latency,
      python,
      engine,
      tls,
      functions,
      scripts,
      env,
    });
    for (const plan of plans) {
      const log = (line: string) => options.log?.(plan.name, line);
      await supervisor.add(
        new Part(plan, { log, warn, changed: () => supervisor.changed() }),
        signal,
      );
    }
    const where = { ...urls, ...place, ...frontDoorOf(folder, tls) };
    supervisor.ready(where);
    return {
      ...where,
      storage: connectionStringOf(urls),
      stackFile: folder.stackFile,
      pids: () => supervisor.pids(),
      stop: () => supervisor.stop(),
      [Symbol.asyncDispose]: () => supervisor.stop(),
    };
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
}

function frontDoorOf({ path }: DataFolder, tls: number | undefined): { tls?: FrontDoor } {
  if (tls === undefined) return {};
  const authority = join(path, "azure-ml/tls/ca.pem");
  return { tls: { url: `https://localhost:${tls}`, authority } };
}

/** Keeps the processes, the wills they act on when it is killed, and `stack.json` in step. */
class Supervisor {
  readonly #folder: DataFolder;
  readonly #parts: Part[] = [];
  #published: Omit<StackFile, "pids"> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(folder: DataFolder) {
    this.#folder = folder;
  }

  async add(part: Part, signal: AbortSignal | undefined): Promise<void> {
    this.#parts.push(part);
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal?.reason);
    signal?.throwIfAborted();
    signal?.addEventListener("abort", abort);
    try {
      await Promise.race([part.start(), aborted.promise]);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  ready(where: Omit<StackFile, "pid" | "pids" | "startedAt">): void {
    this.#published = { pid: process.pid, startedAt: new Date().toISOString(), ...where };
    this.changed();
  }

  changed(): void {
    if (this.#stopping !== undefined) return;
    const stopAfter: number[] = [];
    const stopOrder = this.#parts.toReversed();
    for (const part of stopOrder) {
      const isLast = part === stopOrder.at(-1);
      part.bequeath({
        stopAfter: [...stopAfter],
        ...(isLast ? { remove: this.#folder.stackFile } : {}),
      });
      if (part.pid !== undefined) stopAfter.push(part.pid);
    }
    this.#folder.savePids(stopAfter);
    if (!this.#published) return;
    const { pid, ...rest } = this.#published;
    this.#folder.publish({ pid, pids: this.pids(), ...rest });
  }

  pids(): StackPids {
    const pidOf = (name: PartName) => this.#parts.find((part) => part.name === name)?.pid ?? null;
    return Object.fromEntries(
      PART_NAMES.map((name) => [name, pidOf(name)]),
    ) as unknown as StackPids;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#folder.unpublish();
    for (const part of this.#parts.toReversed()) await part.stop();
    this.#folder.savePids([]);
    this.#folder[Symbol.dispose]();
  }
}
