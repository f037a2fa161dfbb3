import type { Instance } from "./store/instances.ts";

/** DurableTask's numbers. */
export const EventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventSent: 14,
  EventRaised: 15,
  GenericEvent: 17,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

export interface HistoryEvent {
  readonly EventType: number;
  /** The task id of what schedules something, -1 otherwise. */
  readonly EventId: number;
  readonly IsPlayed: boolean;
  readonly Timestamp: string;
  readonly [field: string]: unknown;
}

/** .NET's form, with seven digits. */
export function timestamp(at: number): string {
  return new Date(at).toISOString().replace("Z", "0000Z");
}

export function historyEvent(
  type: number,
  at: number,
  fields: Readonly<Record<string, unknown>> = {},
  id = -1,
): HistoryEvent {
  return {
    EventType: type,
    EventId: id,
    IsPlayed: false,
    Timestamp: timestamp(at),
    ...fields,
  };
}

export function executionStarted(instance: Instance, at: number): HistoryEvent {
  const { parent } = instance;
  return historyEvent(EventType.ExecutionStarted, at, {
    OrchestrationInstance: { InstanceId: instance.id, ExecutionId: instance.executionId },
    ParentInstance: parent && {
      Name: parent.name,
      OrchestrationInstance: { InstanceId: parent.instanceId, ExecutionId: parent.executionId },
      TaskScheduleId: parent.taskId,
      Version: "",
    },
    Name: instance.name,
    Version: instance.version ?? "",
    Input: instance.input,
    Tags: null,
    Correlation: null,
    ParentTraceContext: null,
    ScheduledStartTime: null,
    Generation: 0,
    GenerateNewTrace: false,
  });
}

const COMPLETIONS: ReadonlySet<number> = new Set([
  EventType.TaskCompleted,
  EventType.TaskFailed,
  EventType.SubOrchestrationInstanceCompleted,
  EventType.SubOrchestrationInstanceFailed,
  EventType.TimerFired,
]);

/** Whether the event ends a task. */
function isCompletion(event: HistoryEvent): boolean {
  return COMPLETIONS.has(event.EventType);
}

/** What later turns are told was played: the start and every completion, as the extension does. */
export function isMarkedPlayed(event: HistoryEvent): boolean {
  return (
    isCompletion(event) ||
    event.EventType === EventType.ExecutionStarted ||
    event.EventType === EventType.EventRaised
  );
}
