import Module from "node:module";
import { fileURLToPath } from "node:url";
import { format } from "node:util";
import type { AppRegistry, FunctionMetadata, ProgrammingModel } from "./app-registry.ts";
import type { HostLog, LogCategory, LogLevel } from "./log.ts";

const SPECIFIER = "@azure/functions-core";
const CORE = Symbol.for("flowgate.functions-core");
const FILE = fileURLToPath(new URL("./core-module.cjs", import.meta.url));

/** The only @azure/functions that is asked for the core is of a host of this version. */
const HOST_VERSION = "4.1037.0";

type Resolve = (request: string, ...rest: unknown[]) => string;

/**
 * Makes `@azure/functions-core` resolvable, from ES modules, CommonJS and bundles alike. Must happen before any file of
 * the app loads: `@azure/functions` remembers for ever that it found no core.
 * Throws on a second call: its programming model is set once per process, so a process can host one app.
 */
export function installCore(registry: AppRegistry, log: HostLog): void {
  const globals = globalThis as unknown as Record<symbol, unknown>;
  if (globals[CORE] !== undefined) {
    throw new Error(
      "This process already hosts a function app. Start another process for a second one.",
    );
  }
  globals[CORE] = coreOf(registry, log);
  const loader = Module as unknown as { _resolveFilename: Resolve };
  const resolve = loader._resolveFilename;
  loader._resolveFilename = function resolveFilename(this: unknown, request, ...rest) {
    return request === SPECIFIER ? FILE : resolve.call(this, request, ...rest);
  };
}

function coreOf(registry: AppRegistry, log: HostLog) {
  return {
    version: "3.9.1",
    hostVersion: HOST_VERSION,
    setProgrammingModel: (model: ProgrammingModel) => registry.setProgrammingModel(model),
    getProgrammingModel: () => registry.model,
    registerFunction: (metadata: FunctionMetadata, callback: (...args: unknown[]) => unknown) =>
      registry.registerFunction(metadata, callback),
    registerHook: (name: string, callback: (context: unknown) => unknown) =>
      registry.registerHook(name, callback),
    log(level: LogLevel, category: LogCategory, message: unknown) {
      const line = registry.hookedLog({ level, category, message: format(message) });
      log.app(line.level, category, line.message);
    },
    Disposable: CoreDisposable,
  };
}

class CoreDisposable {
  readonly #dispose: () => unknown;

  constructor(dispose: () => unknown) {
    this.#dispose = dispose;
  }

  dispose(): unknown {
    return this.#dispose();
  }
}
