import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { DurableSettings } from "#emulators/durable/environment.ts";

export interface HostJson {
  /** Without slashes at its ends; empty for none. */
  readonly routePrefix: string;
  readonly durable: DurableSettings;
  readonly blobs: BlobSettings;
  /** The whole file. */
  readonly settings: { readonly extensionBundle?: unknown };
}

export interface BlobSettings {
  /** Runs of one event, the first among them, before it is poison. */
  readonly maxTries: number;
  readonly maxParallel: number;
}

const BLOBS_PER_CORE = 8;
const ACTIVITIES_PER_CORE = 10;

interface RawHostJson {
  readonly extensionBundle?: unknown;
  readonly extensions?: {
    readonly http?: { readonly routePrefix?: string };
    readonly blobs?: {
      readonly poisonBlobThreshold?: number;
      readonly maxDegreeOfParallelism?: number;
    };
    readonly durableTask?: {
      readonly hubName?: string;
      readonly defaultVersion?: string;
      readonly versionMatchStrategy?: DurableSettings["versionMatchStrategy"];
      readonly versionFailureStrategy?: DurableSettings["versionFailureStrategy"];
      readonly maxConcurrentActivityFunctions?: number;
      readonly overridableExistingInstanceStates?: string;
    };
  };
}

/** Reads what of `host.json` is emulated; other keys are left alone. Throws when it is missing or not JSON. */
export function readHostJson(folder: string): HostJson {
  const file = join(folder, "host.json");
  const settings = parse(file);
  const { http = {}, blobs = {}, durableTask = {} } = settings.extensions ?? {};
  return {
    settings,
    routePrefix: (http.routePrefix ?? "api").replace(/^\/+|\/+$/g, ""),
    blobs: {
      maxTries: blobs.poisonBlobThreshold ?? 5,
      maxParallel: blobs.maxDegreeOfParallelism ?? BLOBS_PER_CORE * availableParallelism(),
    },
    durable: {
      hubName: durableTask.hubName ?? "TestHubName",
      defaultVersion: durableTask.defaultVersion ?? null,
      versionMatchStrategy: oneOf(
        file,
        "versionMatchStrategy",
        ["None", "Strict", "CurrentOrOlder"] as const,
        durableTask.versionMatchStrategy ?? "CurrentOrOlder",
      ),
      versionFailureStrategy: oneOf(
        file,
        "versionFailureStrategy",
        ["Reject", "Fail"] as const,
        durableTask.versionFailureStrategy ?? "Reject",
      ),
      maxConcurrentActivities:
        durableTask.maxConcurrentActivityFunctions ?? ACTIVITIES_PER_CORE * availableParallelism(),
      overridableExistingInstanceStates: oneOf(
        file,
        "overridableExistingInstanceStates",
        ["NonRunningStates", "AnyState"] as const,
        durableTask.overridableExistingInstanceStates ?? "NonRunningStates",
      ),
    },
  };
}

function parse(file: string): RawHostJson {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`${file} is missing. A function app needs one; {"version": "2.0"} is enough.`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text) as RawHostJson;
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

function oneOf<Value extends string>(
  file: string,
  key: string,
  allowed: readonly Value[],
  value: string,
): Value {
  const found = allowed.find((one) => one.toLowerCase() === value.toLowerCase());
  if (found) return found;
  throw new Error(
    `${file}: extensions.durableTask.${key} is "${value}", expected one of ${allowed.join(", ")}.`,
  );
}
