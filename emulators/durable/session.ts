import { EventType } from "./events.ts";
import type { Instance } from "./store/instances.ts";
import type { Leaf } from "./store/leaves.ts";
import type { Store } from "./store/store.ts";
import type { Task } from "./store/tasks.ts";
import type { TurnMembers } from "./worker.ts";

/** An instance with all that a turn needs, as it is in the store. */
export interface Session {
  instance: Instance;
  history: HistoryText;
  leaves: Leaf[];
  tasks: Map<number, Task>;
  /** Time of the last turn; turns of an execution never go back in time. */
  lastTurnAt: number;
}

const MOST_PARTS = 200;

/** Events as JSON, kept in few pieces: a turn needs them as one text, and a long history has thousands. */
export class HistoryText {
  #parts: string[];
  #length: number;

  constructor(events: readonly string[] = []) {
    this.#parts = [...events];
    this.#length = events.length;
  }

  get length(): number {
    return this.#length;
  }

  push(...events: readonly string[]): void {
    this.#parts.push(...events);
    this.#length += events.length;
  }

  /** Comma-separated. */
  joinedWith(events: readonly string[]): string {
    if (this.#parts.length > MOST_PARTS) this.#parts = [this.#parts.join(",")];
    return [...this.#parts, ...events].join(",");
  }
}

export function loadSession(store: Store, instance: Instance): Session {
  const history = store.histories.read(instance.id);
  return {
    instance,
    history: new HistoryText(history),
    leaves: store.leaves.read(instance.id),
    tasks: store.tasks.read(instance.id),
    lastTurnAt: lastTurnOf(history),
  };
}

/** The next number of the execution, as the SDK counts them. */
export function takeNumber(session: Session): number {
  const { nextTaskId } = session.instance;
  session.instance = { ...session.instance, nextTaskId: nextTaskId + 1 };
  return nextTaskId;
}

function lastTurnOf(history: readonly string[]): number {
  for (const text of history.toReversed()) {
    const event = JSON.parse(text) as { EventType: number; Timestamp: string };
    if (event.EventType === EventType.OrchestratorStarted) return Date.parse(event.Timestamp);
  }
  return 0;
}

// One timer segment however long: the SDK then counts one number per timer.
const NEVER_SEGMENTED = "36500.00:00:00";

/** The orchestration trigger's members beside history and input. */
export function turnMembers({ instance, history }: Session, httpPollDelayMs: number) {
  return {
    instanceId: instance.id,
    isReplaying: history.length > 0,
    parentInstanceId: instance.parent?.instanceId ?? null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: NEVER_SEGMENTED,
    maximumShortTimerDuration: NEVER_SEGMENTED,
    defaultHttpAsyncRequestSleepTimeMillseconds: httpPollDelayMs,
  };
}

/** The orchestration trigger's text for the next turn. */
export function payloadOf(
  { instance, history }: Session,
  turn: readonly string[],
  members: TurnMembers,
): string {
  const events = history.joinedWith(turn);
  return `{"history":[${events}],"input":${instance.input ?? "null"},${JSON.stringify(members).slice(1)}`;
}
