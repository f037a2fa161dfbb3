import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { startAzureMl } from "#emulators/azure-ml/start-azure-ml.ts";
import { connectionStringOf, startAzurite } from "#emulators/azurite/start-azurite.ts";
import { startStorageDoor } from "#emulators/azurite/storage-door.ts";
import { startEventGrid } from "#emulators/event-grid/start-event-grid.ts";
import { startFunctionsHost } from "#emulators/functions-host/start.ts";
import type { Emulator } from "#emulators/kit/serve.ts";
import type { VirtualClock } from "#emulators/kit/virtual-clock.ts";
import { startModel } from "#emulators/model/start-model.ts";
import type { StackUrls } from "./layout.ts";
import { prepareStorage } from "./prepare-storage.ts";
import { appEnvironment, appSettings, placeOf, readSample } from "./settings.ts";

export interface SimulatedOptions {
  readonly app: string;
  readonly data: string;
  readonly latency: string;
  readonly python: string;
  /** Whether all but who looks from outside meets storage through a door with faults. */
  readonly storageDoor: boolean;
  readonly clock: VirtualClock;
  /** What the app finds its settings in. */
  readonly environment: NodeJS.ProcessEnv;
}

export interface SimulatedParts extends AsyncDisposable {
  readonly urls: StackUrls & { readonly storageDoor: string };
}

/** The turns of time that whoever stops may still wait for. */
const STOP_STEP_MS = 100;

/** All parts of the stack under one clock, in this process; only Azurite has one of its own. */
export async function startSimulatedParts(options: SimulatedOptions): Promise<SimulatedParts> {
  const { app, clock, environment, latency, python } = options;
  const data = (name: string) => join(options.data, name);
  await using started = new AsyncDisposableStack();
  const azurite = started.use(await startAzurite({ data: data("azurite") }));
  await prepareStorage(azurite.connectionString);
  const door = options.storageDoor
    ? started.use(await startStorageDoor(azurite, clock))
    : { ...azurite, url: "" };
  const storage = connectionStringOf(door);
  const sample = readSample(app);
  const model = started.use(await startModel({ clock }));
  const azureMl = started.use(
    await startAzureMl({
      ...placeOf(sample),
      data: data("azure-ml"),
      storage,
      model: model.url,
      latency,
      python,
      clock,
    }),
  );
  const eventGrid = started.use(
    await startEventGrid({
      data: data("event-grid"),
      key: sample["FLOWGATE_EVENT_GRID_KEY"] || "emulator",
      clock,
    }),
  );
  const { blob, queue, table } = door;
  const others = { blob, queue, table, azureMl: azureMl.url, eventGrid: eventGrid.url };
  const settings = appSettings(sample, { ...others, model: model.url, functions: "" });
  Object.assign(environment, appEnvironment(settings, {}));
  const log = data("functions-host.log");
  const functions: Emulator = started.use(
    await startFunctionsHost({
      app,
      port: 0,
      data: options.data,
      clock,
      write: (line) => appendFileSync(log, line),
    }),
  );
  const parts = started.move();
  return {
    urls: {
      ...others,
      blob: azurite.blob,
      queue: azurite.queue,
      table: azurite.table,
      model: model.url,
      functions: functions.url,
      storageDoor: door.url,
    },
    [Symbol.asyncDispose]: () => stop(parts, clock),
  };
}

/** Time goes on meanwhile, or the patience with what does not stop would never end. */
async function stop(parts: AsyncDisposable, clock: VirtualClock): Promise<void> {
  let isStopped = false;
  const dispose = async () => {
    await parts[Symbol.asyncDispose]();
    isStopped = true;
  };
  const turn = async () => {
    while (!isStopped) await clock.advance(STOP_STEP_MS);
  };
  await Promise.all([dispose(), turn()]);
}
