import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectionStringOf } from "#emulators/azurite/start-azurite.ts";
import type { StackPlace, StackUrls } from "./layout.ts";

type Values = Readonly<Record<string, string>>;

interface SettingsFile {
  readonly IsEncrypted?: boolean;
  readonly Values: Values;
  readonly Host?: Readonly<Record<string, unknown>>;
}

/** The topic's name is in the sample's endpoint: `…/topics/<name>/api/events`. */
const TOPIC = /\/topics\/([^/]+)\/api\/events$/;

/** The sample's values, as written. */
export function readSample(app: string): Values {
  return readSettings(join(app, "local.settings.sample.json")).Values;
}

export function placeOf(sample: Values): StackPlace {
  return {
    subscription: required(sample, "FLOWGATE_SUBSCRIPTION_ID"),
    resourceGroup: required(sample, "FLOWGATE_RESOURCE_GROUP"),
    workspace: required(sample, "FLOWGATE_WORKSPACE"),
    topic: TOPIC.exec(required(sample, "FLOWGATE_EVENT_GRID_ENDPOINT"))?.[1] ?? "flowgate",
  };
}

/** The sample's values with every endpoint pointing at this stack. */
export function appSettings(sample: Values, urls: StackUrls): Values {
  return { ...sample, ...endpoints(urls, placeOf(sample).topic) };
}

/**
 * What the app's process gets: its settings over the caller's environment, so that nothing there can
 * send it to a real cloud. The caller fills only what the sample leaves empty.
 */
export function appEnvironment(
  settings: Values,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const given = Object.entries(settings).filter(([name, value]) => value !== "" || !(name in env));
  return { ...env, ...Object.fromEntries(given) };
}

/** What the settings have the real host start its Node worker with; here the app runs in the host's own process. */
export function workerArguments(settings: Values): string[] {
  return (settings.languageWorkers__node__arguments ?? "").split(/\s+/).filter(Boolean);
}

/**
 * Writes `local.settings.json` for Azure Functions Core Tools. Only what names this stack is replaced in
 * one that exists; what somebody put there stays. Returns its path.
 */
export function writeLocalSettings(app: string, sample: Values, urls: StackUrls): string {
  const path = join(app, "local.settings.json");
  const existing = existsSync(path) ? readSettings(path) : undefined;
  const settings: SettingsFile = {
    IsEncrypted: false,
    ...existing,
    Values: {
      ...sample,
      ...existing?.Values,
      ...endpoints(urls, placeOf(sample).topic),
      FLOWGATE_EVENT_GRID_KEY: required(sample, "FLOWGATE_EVENT_GRID_KEY"),
      FLOWGATE_CREDENTIAL: required(sample, "FLOWGATE_CREDENTIAL"),
    },
    Host: { ...existing?.Host, LocalHttpPort: Number(new URL(urls.functions).port) },
  };
  writeFileSync(path, `${JSON.stringify(settings, null, 2)}\n`);
  return path;
}

function endpoints(urls: StackUrls, topic: string): Values {
  const storage = connectionStringOf(urls);
  return {
    AzureWebJobsStorage: storage,
    FLOWGATE_STORAGE: storage,
    FLOWGATE_EVENT_GRID_ENDPOINT: `${urls.eventGrid}/topics/${topic}/api/events`,
    FLOWGATE_ARM_ENDPOINT: urls.azureMl,
  };
}

function readSettings(path: string): SettingsFile {
  let settings: unknown;
  try {
    settings = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(
      `${path} cannot be read as JSON: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    );
  }
  const values = (settings as { Values?: unknown } | null)?.Values;
  if (typeof values !== "object" || values === null) throw new Error(`${path} has no "Values".`);
  return settings as SettingsFile;
}

function required(sample: Values, name: string): string {
  const value = sample[name];
  if (!value) throw new Error(`local.settings.sample.json has no value for ${name}.`);
  return value;
}
