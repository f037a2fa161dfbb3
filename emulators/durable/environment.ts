import type { Clock } from "#emulators/kit/clock.ts";
import type { SendHttp } from "./http-activity.ts";
import type { ActivityWork } from "./store/activities.ts";
import type { Instance } from "./store/instances.ts";
import type { Store } from "./store/store.ts";
import type { DurableWorker, Log } from "./worker.ts";

export interface DurableSettings {
  /** `extensions.durableTask.hubName`. */
  readonly hubName: string;
  /** What new instances get as `context.df.version`. */
  readonly defaultVersion: string | null;
  readonly versionMatchStrategy: "None" | "Strict" | "CurrentOrOlder";
  /** Reject leaves an instance Pending, Fail ends it. */
  readonly versionFailureStrategy: "Reject" | "Fail";
  readonly maxConcurrentActivities: number;
  /** Which instance a start may replace: one that has ended, or any. */
  readonly overridableExistingInstanceStates: "NonRunningStates" | "AnyState";
  /** How long callHttp waits after a 202 without a Retry-After. */
  readonly httpPollDelayMs: number;
}

/** What every part of the backend works with. */
export interface Environment {
  readonly store: Store;
  readonly worker: DurableWorker;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: DurableSettings;
  /** Runs the built-in activity behind callHttp; `input` is the request's JSON text. */
  readonly sendHttp: SendHttp;
}

/** What a commit leaves to be done in memory. */
export interface Effects {
  /** Instances that have a new message. */
  readonly woken: Set<string>;
  readonly activities: ActivityWork[];
  /** Entities that have a new request. */
  readonly entities: Set<string>;
  /** Instances that have ended. */
  readonly ended: Instance[];
}

export function noEffects(): Effects {
  return { woken: new Set(), activities: [], entities: new Set(), ended: [] };
}

/** The registered name that is the same but for case. */
export function findName(names: readonly string[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  return names.find((known) => known.toLowerCase() === wanted);
}
