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

const DROPPED_FIELDS: ReadonlySet<string> = new Set([
  "EventId",
  "IsPlayed",
  "TaskScheduledId",
  "TimerId",
  "Version",
  "continued",
]);

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
  options: { readonly showInput: boolean; readonly showHistoryOutput?: boolean },
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

function rewriteEvent(
  event: HistoryEvent,
  beginning: HistoryEvent | undefined,
  { showInput, showHistoryOutput = false }: { showInput: boolean; showHistoryOutput?: boolean },
): Readonly<Record<string, unknown>> {
  const { EventType: type, Name, ...rest } = event;
  const fields: Record<string, unknown> = { EventType: NAMES[type] ?? String(type) };
  for (const [key, value] of Object.entries(rest)) {
    if (DROPPED_FIELDS.has(key)) continue;
    if (key === "Input" && !showInput) continue;
    if (key === "Result" && !showHistoryOutput) continue;
    fields[key] = key === "Input" || key === "Result" ? parsed(value) : value;
  }
  if (beginning) {
    fields.ScheduledTime = beginning.Timestamp.replace(/Z$/, "+00:00");
    fields.FunctionName = beginning.Name;
    if (showInput) fields.Input = parsed(beginning.Input);
  } else if (Name !== undefined) {
    fields[type === EventType.EventRaised ? "Name" : "FunctionName"] = Name;
  }
  if (type === EventType.ExecutionCompleted) {
    fields.OrchestrationStatus = STATUS_NAMES[Number(event.OrchestrationStatus)];
  }
  return fields;
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
