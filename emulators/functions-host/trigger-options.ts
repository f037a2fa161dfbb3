import type { Clock } from "#emulators/kit/clock.ts";
import type { HostStore } from "./host-store.ts";
import type { Run } from "./invocation.ts";
import type { HostLog } from "./log.ts";

/** What triggers of every kind that the host looks after itself are given. */
export interface TriggerOptions {
  readonly store: HostStore;
  readonly clock: Clock;
  readonly log: HostLog;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Puts settings in the place of `%NAME%`. */
  readonly resolve: (text: string) => string;
  readonly run: Run;
}
