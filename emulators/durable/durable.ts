import type { Clock } from "#emulators/kit/clock.ts";
import { Engine } from "./engine.ts";
import type { DurableSettings, Environment } from "./environment.ts";
import { ManagementApi } from "./http-api.ts";
import { Operations } from "./operations.ts";
import { openStore } from "./store/store.ts";
import type { DurableWorker, Log } from "./worker.ts";

export interface DurableBackend extends AsyncDisposable {
  readonly operations: Operations;
  readonly api: ManagementApi;
  /** Runs what is due; call it once the app is loaded. */
  start(): void;
}

export interface DurableOptions {
  /** Folder of the task hub; one process at a time has it. */
  readonly folder: string;
  readonly worker: DurableWorker;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: DurableSettings;
}

/** Opens the task hub. Throws when another process has it. Disposing it waits a few seconds for what runs. */
export function openDurable({ folder, ...options }: DurableOptions): DurableBackend {
  const store = openStore(folder);
  const environment: Environment = { ...options, store };
  const engine = new Engine(environment);
  const operations = new Operations(environment, engine);
  return {
    operations,
    api: new ManagementApi(operations, options.settings.hubName),
    start: () => engine.start(),
    async [Symbol.asyncDispose]() {
      await engine.stop();
      store[Symbol.dispose]();
    },
  };
}
