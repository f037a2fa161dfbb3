import { join } from "node:path";
import { ANY_KEY, clientBinding, RPC_PATH } from "#emulators/durable/client-binding.ts";
import { type DurableBackend, openDurable } from "#emulators/durable/durable.ts";
import type { Clock } from "#emulators/kit/clock.ts";
import type { Connection } from "#emulators/kit/serve.ts";
import { refuseAdmin, refuseFunction, refuseWebhook } from "./access.ts";
import { answerAdmin } from "./admin.ts";
import { AppRegistry, type RegisteredFunction } from "./app-registry.ts";
import { resolveSettings } from "./app-settings.ts";
import { BlobTrigger } from "./blob-trigger.ts";
import { createDurableWorker } from "./durable-worker.ts";
import { type FunctionTable, tableOf } from "./function-table.ts";
import { homePage, listingText } from "./home-page.ts";
import type { HostJson } from "./host-json.ts";
import { HostStore } from "./host-store.ts";
import { answerHttp, findTarget } from "./http-trigger.ts";
import { instancesPage } from "./instances-page.ts";
import type { Trigger } from "./invocation.ts";
import { invoke, type Worker } from "./invoke.ts";
import { KeyRing } from "./keys.ts";
import { type BrokenApp, loadApp } from "./load-app.ts";
import type { HostLog } from "./log.ts";
import { QueueTrigger } from "./queue-trigger.ts";
import { StorageBindings } from "./storage-bindings.ts";
import { TimerTrigger } from "./timer-trigger.ts";
import { answerBlobWebhook, answerEventGridWebhook } from "./webhooks.ts";

/** Short, as the durable backend's: what is cut off runs again. */
const STOP_PATIENCE_MS = 800;

/** Settings of the app: this process's environment. */
const SETTINGS = {
  environment: process.env,
  resolve: (text: string) => resolveSettings(text, process.env),
};

interface Loaded {
  readonly table: FunctionTable;
  readonly durable: DurableBackend;
  readonly store: HostStore;
  readonly blobs: BlobTrigger;
  readonly timers: readonly TimerTrigger[];
  readonly queues: readonly QueueTrigger[];
  /** Undefined when no keys are asked for. */
  readonly keys: KeyRing | undefined;
}

export interface LoadOptions {
  readonly port: number;
  readonly dataFolder: string;
  readonly broken: BrokenApp;
  /** Whether callers need keys. */
  readonly auth: boolean;
}

/** The app of one folder with everything that triggers it. */
export class FunctionsHost {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #log: HostLog;
  readonly #hostJson: HostJson;
  readonly #registry = new AppRegistry();
  readonly #worker: Worker;
  readonly #startedAt = performance.now();
  #loaded: Loaded | undefined;
  #origin = "";
  #clientBinding = "";

  constructor(folder: string, hostJson: HostJson, clock: Clock, log: HostLog) {
    this.#folder = folder;
    this.#hostJson = hostJson;
    this.#clock = clock;
    this.#log = log;
    const { timeoutMs, queues } = hostJson;
    const { messageEncoding } = queues;
    const storage = new StorageBindings({ ...SETTINGS, clock, messageEncoding });
    this.#worker = { registry: this.#registry, log, storage, timeoutMs };
  }

  /** Loads the app and takes up what waits in the data folder. */
  async load({ port, dataFolder, broken, auth }: LoadOptions): Promise<void> {
    const { durable: durableSettings, routePrefix } = this.#hostJson;
    const hubName = resolveSettings(durableSettings.hubName, process.env);
    this.#origin = `http://localhost:${port}`;
    const rpcOrigin = `http://127.0.0.1:${port}`;
    await loadApp(this.#folder, this.#registry, this.#log, broken);
    const table = tableOf(this.#registry.functions, routePrefix, this.#origin, process.env);
    const keys = auth ? this.#openKeys(table, dataFolder) : undefined;
    const key = keys?.systemKey("durabletask_extension") ?? ANY_KEY;
    this.#clientBinding = clientBinding({ publicOrigin: this.#origin, rpcOrigin, hubName, key });
    const durable = openDurable({
      folder: dataFolder,
      worker: createDurableWorker(table.usable, this.#invoke),
      clock: this.#clock,
      log: (level, message) => this.#log.host(level, message),
      settings: { ...durableSettings, hubName },
      key,
    });
    this.#loaded = { table, durable, keys, ...this.#openTriggers(table, dataFolder) };
    this.#warnOfRetries(table);
    this.#log.host("information", `Functions of ${this.#folder}:\n${listingText(table.listings)}`);
    const { blobs, timers, queues } = this.#loaded;
    durable.start();
    for (const trigger of [blobs, ...timers, ...queues]) trigger.start();
  }

  /** Starts nothing more and waits a moment for what runs. */
  async stop(): Promise<void> {
    if (!this.#loaded) return;
    const { durable, blobs, timers, queues } = this.#loaded;
    const cancel = new AbortController();
    const patience = this.#clock.until(this.#clock.now() + STOP_PATIENCE_MS, cancel.signal);
    await Promise.all([
      durable.stop(),
      ...[blobs, ...timers, ...queues].map((trigger) => trigger.stop(patience)),
    ]);
    cancel.abort();
    const { appHookData } = this.#registry;
    await this.#registry.runHooks("appTerminate", { hookData: {}, appHookData });
  }

  async close(): Promise<void> {
    await this.#loaded?.durable[Symbol.asyncDispose]();
    this.#loaded?.store.close();
  }

  async answer(request: Request, connection: Connection): Promise<Response> {
    const loaded = this.#loaded;
    if (!loaded) return new Response("The host is starting.\n", { status: 503 });
    const { table, keys } = loaded;
    const { pathname } = new URL(request.url);
    if (pathname === "/") return homeOf(request, loaded);
    const builtIn = await this.#answerBuiltIn(request, pathname, loaded);
    if (builtIn) return builtIn;
    const routed = findTarget(table.http, request.method, pathname);
    if (!routed) return new Response(null, { status: 404 });
    const refusal = keys && refuseFunction(request, routed.target.registered, keys);
    if (refusal) return refusal;
    const { httpUri } = this.#registry;
    return answerHttp(request, connection, routed, { httpUri, log: this.#log, run: this.#invoke });
  }

  async #answerBuiltIn(
    request: Request,
    path: string,
    loaded: Loaded,
  ): Promise<Response | undefined> {
    const { table, keys, blobs, timers } = loaded;
    const webhookPath = below(path, "/runtime/webhooks/");
    if (webhookPath !== undefined) return this.#answerWebhook(request, webhookPath, loaded);
    // The app's own calls carry no key; in Azure they have a port of their own, on loopback only.
    const rpcPath = below(path, RPC_PATH);
    if (rpcPath !== undefined) return loaded.durable.api.answer(request, rpcPath);
    const adminPath = below(path, "/admin/");
    if (adminPath === undefined) return undefined;
    const refusal = keys && refuseAdmin(request, adminPath, keys);
    if (refusal) return refusal;
    return answerAdmin(request, adminPath, {
      origin: this.#origin,
      hostJson: this.#hostJson,
      functions: this.#registry.functions,
      listings: table.listings,
      usable: table.usable,
      blobs,
      timers,
      log: this.#log,
      run: this.#invoke,
      uptime: () => performance.now() - this.#startedAt,
    });
  }

  async #answerWebhook(request: Request, path: string, loaded: Loaded): Promise<Response> {
    const { table, blobs, keys } = loaded;
    const [extension = ""] = path.split("/");
    const refusal = keys && refuseWebhook(request, extension, keys);
    if (refusal) return refusal;
    if (path.startsWith("durabletask/")) {
      return loaded.durable.api.answer(request, path.slice("durabletask/".length));
    }
    if (path === "blobs") return answerBlobWebhook(request, blobs);
    if (path === "eventgrid") return answerEventGridWebhook(request, table.usable, this.#invoke);
    return new Response(null, { status: 404 });
  }

  /** Azure honours a policy for triggers that have no tries of their own; of those only timers are here. */
  #warnOfRetries({ usable }: FunctionTable): void {
    for (const { name, metadata, trigger } of usable) {
      const { type } = trigger.binding;
      if (!metadata.retryOptions || type === "timerTrigger") continue;
      this.#log.host(
        "warning",
        `${name}: its retry policy has no effect, as in Azure for a ${type}.`,
      );
    }
  }

  #openKeys({ http }: FunctionTable, dataFolder: string): KeyRing {
    const names = http.map(({ registered }) => registered.name);
    const keys = new KeyRing(join(dataFolder, "keys.json"), names);
    this.#log.host("information", `Keys are asked for; they are in ${keys.file}.`);
    return keys;
  }

  #openTriggers({ usable }: FunctionTable, dataFolder: string) {
    const store = new HostStore(dataFolder);
    const shared = {
      ...SETTINGS,
      store,
      clock: this.#clock,
      log: this.#log,
      run: this.#invoke,
    };
    const ofType = (type: string) => usable.filter(({ trigger }) => trigger.binding.type === type);
    const { blobs, queues } = this.#hostJson;
    return {
      store,
      blobs: new BlobTrigger({ ...shared, functions: usable, settings: blobs }),
      timers: ofType("timerTrigger").map((registered) => new TimerTrigger(registered, shared)),
      queues: ofType("queueTrigger").map(
        (registered) => new QueueTrigger(registered, { ...shared, settings: queues }),
      ),
    };
  }

  readonly #invoke = (registered: RegisteredFunction, { within, ...trigger }: Trigger) => {
    const invocation = { ...trigger, durableClient: this.#clientBinding };
    const run = () => invoke(this.#worker, registered, invocation);
    return this.#clock.work(registered.name, run, { within });
  };
}

/** A browser gets a page, any other caller plain text. What instances do is nobody's business once keys are asked for. */
function homeOf(request: Request, { table, keys, durable }: Loaded): Response {
  const wantsPage = request.headers.get("accept")?.includes("text/html") ?? false;
  if (!wantsPage) return homePage(table.listings);
  return instancesPage(table.listings, keys ? undefined : durable.operations);
}

function below(path: string, base: string): string | undefined {
  return path.startsWith(base) ? path.slice(base.length) : undefined;
}
