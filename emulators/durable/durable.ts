import type { Clock } from "#emulators/kit/clock.ts";
import { ANY_KEY } from "./client-binding.ts";
import { Engine } from "./engine.ts";
import type { DurableSettings, Environment } from "./environment.ts";
import { runHttpActivity, type SendHttp } from "./http-activity.ts";
import { ManagementApi } from "./http-api.ts";
import { Operations } from "./operations.ts";
import { openStore } from "./store/store.ts";
import type { DurableWorker, Log } from "./worker.ts";

export interface DurableBackend extends AsyncDisposable {
  readonly operations: Operations;
  readonly api: ManagementApi;
  /** Runs what is due; call it once the app is loaded. */
  start(): void;
  /** Starts nothing more; waits a moment for what runs. Instances can still be read and told things. */
  stop(): Promise<void>;
}

export interface DurableOptions {
  /** Folder of the task hub; one process at a time has it. */
  readonly folder: string;
  readonly worker: DurableWorker;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: DurableSettings;
  /** In the URLs that the management API gives out; default one that stands for any. */
  readonly key?: string;
  /** Default: over the network. */
  readonly sendHttp?: SendHttp;
}

/** Opens the task hub. Throws when another process has it. Disposing it waits a moment for what runs. */
export function openDurable({
  folder,
  key = ANY_KEY,
  sendHttp = runHttpActivity,
  ...options
}: DurableOptions): DurableBackend {
  const store = openStore(folder);
  const log = warningsOnce(options.log);
  const environment: Environment = { ...options, store, sendHttp, log };
  const engine = new Engine(environment);
  const operations = new Operations(environment, engine);
  return {
    operations,
    api: new ManagementApi(operations, options.settings.hubName, key),
    start: () => engine.start(),
    stop: () => engine.stop(),
    async [Symbol.asyncDispose]() {
      await engine.stop();
      store[Symbol.dispose]();
    },
  };
}

const MAX_REMEMBERED = 10_000;

/** A replay meets the same problem in every turn. */
function warningsOnce(log: Log): Log {
  const said = new Set<string>();
  return (level, message) => {
    if (level === "warning" && said.has(message)) return;
    if (said.size < MAX_REMEMBERED) said.add(message);
    log(level, message);
  };
}
