import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { DurableSettings } from "#emulators/durable/environment.ts";
import type { MessageEncoding } from "./queue-messages.ts";
import { readJsonObject } from "./read-json.ts";

export interface HostJson {
  /** Without slashes at its ends; empty for none. */
  readonly routePrefix: string;
  /** How long a function may run; undefined for as long as it likes. */
  readonly timeoutMs: number | undefined;
  readonly durable: DurableSettings;
  readonly blobs: BlobSettings;
  readonly queues: QueueSettings;
  /** The whole file. */
  readonly settings: { readonly extensionBundle?: unknown };
}

export interface BlobSettings {
  /** Runs of one event, the first among them, before it is poison. */
  readonly maxTries: number;
  readonly maxParallel: number;
}

export interface QueueSettings {
  /** Messages taken at once. */
  readonly batchSize: number;
  /** Runs of one message, the first among them, before it is poison. */
  readonly maxDequeueCount: number;
  /** How long a message that failed stays hidden. */
  readonly visibilitySeconds: number;
  readonly messageEncoding: MessageEncoding;
}

const BLOBS_PER_CORE = 8;
const ACTIVITIES_PER_CORE = 10;
const HTTP_POLL_DELAY_MS = 30_000;

interface RawHostJson {
  readonly functionTimeout?: string;
  readonly extensionBundle?: unknown;
  readonly extensions?: {
    readonly http?: { readonly routePrefix?: string };
    readonly blobs?: {
      readonly poisonBlobThreshold?: number;
      readonly maxDegreeOfParallelism?: number;
    };
    readonly queues?: {
      readonly batchSize?: number;
      readonly maxDequeueCount?: number;
      readonly visibilityTimeout?: string;
      readonly messageEncoding?: string;
    };
    readonly durableTask?: {
      readonly hubName?: string;
      readonly defaultVersion?: string;
      readonly versionMatchStrategy?: DurableSettings["versionMatchStrategy"];
      readonly versionFailureStrategy?: DurableSettings["versionFailureStrategy"];
      readonly maxConcurrentActivityFunctions?: number;
      readonly overridableExistingInstanceStates?: string;
      readonly httpSettings?: { readonly defaultAsyncRequestSleepTimeMilliseconds?: number };
    };
  };
}

/** Reads what of `host.json` is emulated; other keys are left alone. Throws when it is missing or not JSON. */
export function readHostJson(folder: string): HostJson {
  const file = join(folder, "host.json");
  const settings = parse(file);
  const { http = {}, blobs = {}, queues = {}, durableTask = {} } = settings.extensions ?? {};
  return {
    settings,
    timeoutMs: timeout(file, settings.functionTimeout),
    routePrefix: (http.routePrefix ?? "api").replace(/^\/+|\/+$/g, ""),
    blobs: {
      maxTries: blobs.poisonBlobThreshold ?? 5,
      maxParallel: blobs.maxDegreeOfParallelism ?? BLOBS_PER_CORE * availableParallelism(),
    },
    queues: {
      batchSize: queues.batchSize ?? 16,
      maxDequeueCount: queues.maxDequeueCount ?? 5,
      visibilitySeconds: seconds(
        file,
        "extensions.queues.visibilityTimeout",
        queues.visibilityTimeout,
      ),
      messageEncoding: oneOf(
        file,
        "extensions.queues.messageEncoding",
        ["base64", "none"] as const,
        queues.messageEncoding ?? "base64",
      ),
    },
    durable: {
      hubName: durableTask.hubName ?? "TestHubName",
      defaultVersion: durableTask.defaultVersion ?? null,
      versionMatchStrategy: oneOf(
        file,
        "extensions.durableTask.versionMatchStrategy",
        ["None", "Strict", "CurrentOrOlder"] as const,
        durableTask.versionMatchStrategy ?? "CurrentOrOlder",
      ),
      versionFailureStrategy: oneOf(
        file,
        "extensions.durableTask.versionFailureStrategy",
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
      httpPollDelayMs:
        durableTask.httpSettings?.defaultAsyncRequestSleepTimeMilliseconds ?? HTTP_POLL_DELAY_MS,
    },
  };
}

function parse(file: string): RawHostJson {
  const settings = readJsonObject(file);
  if (settings) return settings;
  throw new Error(`${file} is missing. A function app needs one; {"version": "2.0"} is enough.`);
}

function timeout(file: string, text: string | undefined): number | undefined {
  if (text === undefined || text === "-1") return undefined;
  return seconds(file, "functionTimeout", text) * 1_000;
}

/** Of a .NET time span; 0 without one. */
function seconds(file: string, key: string, text = "00:00:00"): number {
  const [, days = "0", hours, minutes, rest] =
    /^(?:(\d+)\.)?(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(text) ?? [];
  if (hours === undefined) throw new Error(`${file}: ${key} is "${text}", expected hh:mm:ss.`);
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(rest);
}

function oneOf<Value extends string>(
  file: string,
  key: string,
  allowed: readonly Value[],
  value: string,
): Value {
  const found = allowed.find((one) => one.toLowerCase() === value.toLowerCase());
  if (found) return found;
  throw new Error(`${file}: ${key} is "${value}", expected one of ${allowed.join(", ")}.`);
}
