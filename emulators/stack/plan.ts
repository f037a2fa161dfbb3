import { join, resolve } from "node:path";
import { connectionStringOf } from "#emulators/azurite/start-azurite.ts";
import { withoutProxy } from "#emulators/kit/loopback.ts";
import type { PartName, StackPlace, StackPorts, StackUrls } from "./layout.ts";
import type { PartPlan } from "./part.ts";
import { prepareStorage } from "./prepare-storage.ts";
import { appEnvironment, workerArguments } from "./settings.ts";

export interface PlanOptions {
  /** Folder of the app: `host.json`, `dist/`. */
  readonly app: string;
  readonly data: string;
  readonly ports: StackPorts;
  readonly urls: StackUrls;
  readonly place: StackPlace;
  readonly settings: Readonly<Record<string, string>>;
  readonly latency: string;
  readonly python: string;
  readonly engine: string;
  /** Port of Azure ML's TLS, if it is wanted. */
  readonly tls?: number | undefined;
  readonly functions: boolean;
  /** Another `main.ts` in a part's place. */
  readonly scripts: Readonly<Partial<Record<PartName, string>>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The function whose blob trigger listens to `test-data`. */
const BLOB_FUNCTION = "startPipelineOnData";
const ROOM = resolve(import.meta.dirname, "..");
const FOLDERS: Readonly<Record<PartName, string>> = {
  azurite: "azurite",
  model: "model",
  azureMl: "azure-ml",
  eventGrid: "event-grid",
  functions: "functions-host",
};

/** Every part with its arguments, in the order in which they start. */
export function planParts(options: PlanOptions): PartPlan[] {
  const { app, ports, urls, place, latency, python, engine, tls } = options;
  const storage = connectionStringOf(urls);
  const env: Readonly<Record<string, string | undefined>> = {
    ...options.env,
    ...withoutProxy(options.env),
  };
  // Only the part that calls the model needs to know the key of a real one.
  const { FLOWGATE_MODEL_URL: _url, FLOWGATE_MODEL_KEY: _key, ...plain } = env;
  const data = (name: string) => join(options.data, name);
  const script = (part: PartName) => options.scripts[part] ?? join(ROOM, FOLDERS[part], "main.ts");
  const webhook = `${urls.functions}/runtime/webhooks/blobs?functionName=Host.Functions.${BLOB_FUNCTION}`;

  const parts: PartPlan[] = [
    {
      name: "azurite",
      script: script("azurite"),
      args: flags({
        port: ports.blob,
        "queue-port": ports.queue,
        "table-port": ports.table,
        data: data("azurite"),
      }),
      env: plain,
      afterStart: () => prepareStorage(storage),
    },
    { name: "model", script: script("model"), args: flags({ port: ports.model }), env: plain },
    {
      name: "azureMl",
      script: script("azureMl"),
      args: flags({
        port: ports.azureMl,
        data: data("azure-ml"),
        storage,
        model: urls.model,
        latency,
        python,
        engine,
        subscription: place.subscription,
        "resource-group": place.resourceGroup,
        workspace: place.workspace,
        ...(tls === undefined ? {} : { tls }),
      }),
      env,
    },
    {
      name: "eventGrid",
      script: script("eventGrid"),
      args: flags({
        port: ports.eventGrid,
        data: data("event-grid"),
        storage,
        "blobs-webhook": webhook,
        key: options.settings.FLOWGATE_EVENT_GRID_KEY ?? "emulator",
      }),
      env: plain,
    },
    {
      name: "functions",
      script: script("functions"),
      // It makes its own folder there.
      args: flags({ app, port: ports.functions, data: options.data }),
      env: appEnvironment(options.settings, plain),
      nodeArgs: workerArguments(options.settings),
    },
  ];
  return options.functions ? parts : parts.filter(({ name }) => name !== "functions");
}

function flags(values: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
}
