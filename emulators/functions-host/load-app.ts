import { globSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { AppRegistry } from "./app-registry.ts";
import { installCore } from "./core-module.ts";
import type { HostLog } from "./log.ts";
import { readJsonObject } from "./read-json.ts";

const DEFAULT_CAPABILITIES = {
  RawHttpBodyBytes: "true",
  RpcHttpTriggerMetadataRemoved: "true",
  RpcHttpBodyOnly: "true",
  IgnoreEmptyValuedRpcHttpHeaders: "true",
  UseNullableValueDictionaryForHttp: "true",
  WorkerStatus: "true",
  TypedDataCollection: "true",
  HandlesWorkerTerminateMessage: "true",
};

const REQUESTS_FAIL = "Every request will be answered with 404.";

interface PackageJson {
  readonly main?: string;
  readonly type?: string;
}

/** What to do with an app that cannot be loaded: the real host runs on without functions; a supervisor wants to know. */
export type BrokenApp = "runOn" | "refuse";

/**
 * Loads the entry points that the app's package.json names, in the order and the way of the Node worker, and closes
 * registration. Rejects when one cannot be loaded and `broken` is "refuse". An app that has no functions in the end is
 * loaded, and the log says so loudly.
 */
export async function loadApp(
  folder: string,
  registry: AppRegistry,
  log: HostLog,
  broken: BrokenApp,
): Promise<void> {
  installCore(registry, log);
  const manifest = readPackageJson(folder, log);
  try {
    const files = entryPoints(folder, manifest);
    for (const file of files) {
      registry.scriptFile = file;
      await loadEntryPoint(folder, file, manifest);
    }
    await startApp(folder, registry);
    if (registry.functions.length === 0)
      log.host("error", nothingRegistered(folder, manifest, files));
  } catch (error) {
    if (broken === "refuse") throw error;
    // One file that fails is a failed start of the whole worker.
    registry.functions.splice(0);
    log.host("error", `NO FUNCTIONS: ${messageOf(error)}\n${REQUESTS_FAIL}${stackOf(error)}`);
  }
  registry.close();
}

async function startApp(folder: string, registry: AppRegistry): Promise<void> {
  await registry.runHooks("appStart", {
    hookData: {},
    appHookData: registry.appHookData,
    functionAppDirectory: folder,
  });
  const capabilities = await registry.model?.getCapabilities?.({ ...DEFAULT_CAPABILITIES });
  registry.httpUri = capabilities?.HttpUri;
}

function readPackageJson(folder: string, log: HostLog): PackageJson {
  const file = join(folder, "package.json");
  try {
    const manifest = readJsonObject(file);
    if (!manifest) log.host("warning", `${file} is missing; its "main" names the app's files.`);
    return manifest ?? {};
  } catch (error) {
    log.host("warning", `${messageOf(error)} Until then it counts as empty.`);
    return {};
  }
}

function entryPoints(folder: string, { main }: PackageJson): readonly string[] {
  if (!main) return [];
  const files = globSync(main, { cwd: folder });
  if (files.length > 0) return files;
  throw new Error(
    `The entry point "${main}" of ${join(folder, "package.json")} matches no file. Build the app first, or correct "main".`,
  );
}

async function loadEntryPoint(folder: string, name: string, { type }: PackageJson): Promise<void> {
  const file = join(folder, name);
  try {
    const isModule = name.endsWith(".mjs") || (!name.endsWith(".cjs") && type === "module");
    if (isModule) await import(pathToFileURL(file).href);
    else createRequire(file)(file);
  } catch (error) {
    // Node tells where it looked in further lines, which the stack has as well.
    const [problem = ""] = messageOf(error).split("\n");
    throw new Error(
      `Worker was unable to load entry point "${name}": ${problem}${adviceFor(error, folder)}`,
      { cause: error },
    );
  }
}

function adviceFor(error: unknown, folder: string): string {
  const { code } = error as NodeJS.ErrnoException;
  const isMissing = code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND";
  return isMissing ? `. Run "npm install" in ${folder}, or build the app first.` : "";
}

function nothingRegistered(
  folder: string,
  { main }: PackageJson,
  files: readonly string[],
): string {
  const what = main
    ? `${files.join(", ")} registered no function`
    : `${join(folder, "package.json")} names no "main"`;
  return `NO FUNCTIONS: ${what}. ${REQUESTS_FAIL} An app of the v4 model calls app.http(…) and the like while it loads, with the one copy of @azure/functions that asks for the core.`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Of the app's own error, if it is one. */
function stackOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error && cause.stack ? `\n${cause.stack}` : "";
}
