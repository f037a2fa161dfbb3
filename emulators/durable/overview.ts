import type { Environment } from "./environment.ts";
import { EventType, type HistoryEvent } from "./events.ts";
import { FINAL, type Instance } from "./store/instances.ts";
import type { Store } from "./store/store.ts";

const MOST_RUNNING = 50;
const MOST_ENDED = 20;
const RUNNING = ["Pending", "Running", "Suspended"];

/** What a person wants to know of a task hub; the latest first. */
export interface Overview {
  readonly now: number;
  readonly running: readonly RunningInstance[];
  readonly ended: readonly Instance[];
}

export interface RunningInstance {
  readonly instance: Instance;
  readonly history: readonly HistoryEvent[];
  /** Empty although nothing is due: it waits for something that will not come. */
  readonly waits: readonly Wait[];
  /** Whether it has been told something that its next turn will take. */
  readonly isDue: boolean;
}

export interface Wait {
  readonly kind: "activity" | "sub-orchestration" | "timer" | "event" | "answer";
  readonly name: string;
  /** Undefined for an event: when the code began to wait for it is not kept. */
  readonly since?: number;
  /** Of a timer. */
  readonly until?: number;
  /** Of a sub-orchestration. */
  readonly instanceId?: string;
}

export function readOverview({ store, clock }: Environment): Overview {
  const now = clock.now();
  const list = (statuses: readonly string[], top: number) =>
    store.instances.list({ statuses, top, latestFirst: true });
  return {
    now,
    running: list(RUNNING, MOST_RUNNING).map((instance) => readRunning(store, instance, now)),
    ended: list([...FINAL], MOST_ENDED),
  };
}

function readRunning(store: Store, instance: Instance, now: number): RunningInstance {
  const { id } = instance;
  const history = store.histories.read(id).map((text) => JSON.parse(text) as HistoryEvent);
  const open = store.tasks.read(id);
  const tasks = history.filter(({ EventId }) => open.has(EventId)).map(waitOf);
  const waits = [...tasks, ...awaitedEvents(store, id, history)];
  return { instance, history, waits, isDue: store.messages.due(id, now).length > 0 };
}

function waitOf({ EventType: type, Name, Timestamp, FireAt, InstanceId }: HistoryEvent): Wait {
  const begun = { name: String(Name ?? ""), since: Date.parse(Timestamp) };
  switch (type) {
    case EventType.TaskScheduled:
      return { kind: "activity", ...begun };
    case EventType.SubOrchestrationInstanceCreated:
      return { kind: "sub-orchestration", ...begun, instanceId: String(InstanceId) };
    case EventType.TimerCreated:
      return { kind: "timer", ...begun, until: Date.parse(String(FireAt)) };
    default:
      return { kind: "answer", ...begun };
  }
}

/** Names for which the code has begun more waits than events have come. */
function awaitedEvents(store: Store, id: string, history: readonly HistoryEvent[]): Wait[] {
  const missing = new Map<string, number>();
  const count = (name: string, by: number) => missing.set(name, (missing.get(name) ?? 0) + by);
  for (const { kind, name } of store.leaves.read(id)) if (kind === "event") count(name, 1);
  for (const { EventType: type, Name } of history) {
    if (type === EventType.EventRaised) count(String(Name), -1);
  }
  const names = [...missing].filter(([, waits]) => waits > 0);
  return names.map(([name]) => ({ kind: "event", name }));
}
