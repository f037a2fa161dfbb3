import { join, resolve } from "node:path";
import { clientBinding, RPC_PATH, WEBHOOK_PATH } from "#emulators/durable/client-binding.ts";
import { type DurableBackend, openDurable } from "#emulators/durable/durable.ts";
import { type Clock, systemClock } from "#emulators/kit/clock.ts";
import { type Connection, type Emulator, serve } from "#emulators/kit/serve.ts";
import { AppRegistry, type RegisteredFunction } from "./app-registry.ts";
import { prepareEnvironment } from "./app-settings.ts";
import { createDurableWorker } from "./durable-worker.ts";
import { type FunctionTable, tableOf } from "./function-table.ts";
import { homePage, listingText } from "./home-page.ts";
import { type HostJson, readHostJson } from "./host-json.ts";
import { answerHttp, findTarget } from "./http-trigger.ts";
import { type Invocation, invoke } from "./invoke.ts";
import { loadApp } from "./load-app.ts";
import { createLog, type HostLog } from "./log.ts";

export interface FunctionsHostOptions {
  /** Folder of the app: package.json, host.json, perhaps local.settings.json. */
  readonly app: string;
  readonly port: number;
  /** Folder for instances, timers and events that wait; one host at a time has it. */
  readonly data: string;
  readonly clock?: Clock;
  /** Takes the log; standard output otherwise. */
  readonly write?: (line: string) => void;
}

/**
 * Hosts the function app of a folder in this process. Rejects when the data folder has another host, the port is taken,
 * or the app cannot be loaded. A process can do this once.
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<Emulator> {
  const folder = resolve(options.app);
  const clock = options.clock ?? systemClock;
  const log = createLog(options.write ?? ((line) => process.stdout.write(line)), () => clock.now());
  const hostJson = readHostJson(folder);
  const host = new FunctionsHost(folder, clock, log, hostJson);
  const server = await serve(
    (request, connection) => host.answer(request, connection),
    options.port,
  );
  try {
    prepareEnvironment(process.env, folder, server.port);
    await host.load(server.port, join(options.data, "functions-host"));
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await host.stop();
    },
  };
}

interface Loaded {
  readonly table: FunctionTable;
  readonly durable: DurableBackend;
}

class FunctionsHost {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #log: HostLog;
  readonly #hostJson: HostJson;
  readonly #registry = new AppRegistry();
  #loaded: Loaded | undefined;
  #clientBinding = "";

  constructor(folder: string, clock: Clock, log: HostLog, hostJson: HostJson) {
    this.#folder = folder;
    this.#clock = clock;
    this.#log = log;
    this.#hostJson = hostJson;
  }

  async load(port: number, dataFolder: string): Promise<void> {
    const publicOrigin = `http://localhost:${port}`;
    const rpcOrigin = `http://127.0.0.1:${port}`;
    const { durable: settings, routePrefix } = this.#hostJson;
    this.#clientBinding = clientBinding({ publicOrigin, rpcOrigin, hubName: settings.hubName });
    await loadApp(this.#folder, this.#registry, this.#log);
    const table = tableOf(this.#registry.functions, routePrefix, publicOrigin, process.env);
    const durable = openDurable({
      folder: dataFolder,
      worker: createDurableWorker(table.usable, (registered, trigger) =>
        this.#invoke(registered, trigger),
      ),
      clock: this.#clock,
      log: (level, message) => this.#log.host(level, message),
      settings,
    });
    this.#loaded = { table, durable };
    this.#log.host("information", `Functions of ${this.#folder}:\n${listingText(table.listings)}`);
    durable.start();
  }

  async stop(): Promise<void> {
    const { durable } = this.#loaded ?? {};
    await durable?.[Symbol.asyncDispose]();
    const { appHookData } = this.#registry;
    await this.#registry.runHooks("appTerminate", { hookData: {}, appHookData });
  }

  async answer(request: Request, connection: Connection): Promise<Response> {
    const loaded = this.#loaded;
    if (!loaded) return new Response("The host is starting.\n", { status: 503 });
    const { pathname } = new URL(request.url);
    if (pathname === "/") return homePage(loaded.table.listings);
    for (const base of [`${WEBHOOK_PATH}/`, RPC_PATH]) {
      if (pathname.startsWith(base)) {
        return loaded.durable.api.answer(request, pathname.slice(base.length));
      }
    }
    const routed = findTarget(loaded.table.http, request.method, pathname);
    if (!routed) return new Response(null, { status: 404 });
    return answerHttp(request, connection, routed, (registered, trigger) =>
      this.#invoke(registered, trigger),
    );
  }

  #invoke(registered: RegisteredFunction, trigger: Omit<Invocation, "durableClient">) {
    const invocation = { ...trigger, durableClient: this.#clientBinding };
    return invoke(this.#registry, this.#log, registered, invocation);
  }
}
