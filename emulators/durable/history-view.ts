import { EventType, type HistoryEvent } from "./events.ts";

const NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(EventType).map(([name, number]) => [number, name]),
);

const STATUS_NAMES: Readonly<Record<number, string>> = {
  1: "Completed",
  2: "ContinuedAsNew",
  3: "Failed",
  5: "Terminated",
};

/** What the API leaves out of events of each kind; the numbers of tasks go from all. */
const DROPPED_FIELDS: Readonly<Record<number, readonly string[]>> = {
  [EventType.ExecutionStarted]: [
    "Name",
    "OrchestrationInstance",
    "ParentInstance",
    "Version",
    "Tags",
    "continued",
  ],
  [EventType.TaskScheduled]: ["Version"],
  [EventType.SubOrchestrationInstanceCreated]: ["Version"],
  [EventType.TimerFired]: ["TimerId"],
};

const HIDDEN: ReadonlySet<number> = new Set([
  EventType.OrchestratorStarted,
  EventType.OrchestratorCompleted,
]);

const SCHEDULING: ReadonlySet<number> = new Set([
  EventType.TaskScheduled,
  EventType.SubOrchestrationInstanceCreated,
]);

/** The history as the management API tells it: turns hidden, a task's beginning folded into its end. */
export function rewriteHistory(
  history: readonly HistoryEvent[],
  options: Shown,
): readonly Readonly<Record<string, unknown>>[] {
  const scheduled = new Map(
    history
      .filter(({ EventType: type }) => SCHEDULING.has(type))
      .map((event) => [event.EventId, event]),
  );
  const ended = new Set(history.map(({ TaskScheduledId }) => TaskScheduledId));
  return history
    .filter(({ EventType: type, EventId }) => {
      return !HIDDEN.has(type) && !(SCHEDULING.has(type) && ended.has(EventId));
    })
    .map((event) => {
      const beginning = scheduled.get(Number(event.TaskScheduledId ?? -1));
      return rewriteEvent(event, beginning, options);
    });
}

interface Shown {
  readonly showInput: boolean;
  readonly showHistoryOutput?: boolean;
}

function rewriteEvent(
  event: HistoryEvent,
  beginning: HistoryEvent | undefined,
  shown: Shown,
): Readonly<Record<string, unknown>> {
  const { EventType: type, OrchestrationStatus: status, ...rest } = event;
  const kept = Object.entries(rest)
    .filter(([key]) => isKept(type, key, shown))
    .map(([key, value]) => [key, key === "Result" ? parsed(value) : value]);
  return {
    EventType: NAMES[type] ?? String(type),
    ...Object.fromEntries(kept),
    ...(type === EventType.ExecutionStarted ? { FunctionName: event.Name } : {}),
    ...(beginning ? beginningOf(beginning, shown) : {}),
    ...(status === undefined ? {} : { OrchestrationStatus: STATUS_NAMES[Number(status)] }),
  };
}

function isKept(type: number, key: string, { showInput, showHistoryOutput = false }: Shown) {
  if (key === "Input") return showInput;
  if (key === "Result") return showHistoryOutput;
  if (key === "EventId" || key === "IsPlayed" || key === "TaskScheduledId") return false;
  return !DROPPED_FIELDS[type]?.includes(key);
}

function beginningOf({ Timestamp, Name, Input }: HistoryEvent, { showInput }: Shown) {
  return {
    ScheduledTime: Timestamp.replace(/Z$/, "+00:00"),
    FunctionName: Name,
    ...(showInput ? { Input } : {}),
  };
}

function parsed(text: unknown): unknown {
  if (typeof text !== "string") return text ?? null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A failure's result is plain text.
    return text;
  }
}
