import type { Effects, Environment } from "./environment.ts";
import { EventType, type HistoryEvent, historyEvent } from "./events.ts";
import type { Leaf } from "./store/leaves.ts";

const FAILURES: ReadonlySet<number> = new Set([
  EventType.TaskFailed,
  EventType.SubOrchestrationInstanceFailed,
]);

/**
 * Makes a Failed instance run again from where it failed: its failed tasks and its end become neutral events, and the
 * tasks are scheduled again under their numbers. A failed sub-orchestration starts anew rather than being rewound itself.
 * With a retry in its history the instance fails again as it does in Azure: the retry's timers have lost their reason.
 */
export function rewind(
  { store, clock }: Environment,
  effects: Effects,
  id: string,
  reason: string,
): void {
  const instance = store.instances.read(id);
  if (instance?.status !== "Failed") return;
  const now = clock.now();
  const history = store.histories.read(id).map((text) => JSON.parse(text) as HistoryEvent);
  const leaves = store.leaves.read(id);
  const retryTimer = findRetryTimer(history, leaves);
  if (retryTimer !== undefined) {
    const output = `Non-Deterministic workflow detected: A previous execution of this orchestration scheduled a timer task with sequence number ${retryTimer} named '' but the current orchestration replay instead produced a ScheduleTaskOrchestratorAction action with this sequence number. Was a change made to the orchestrator code after this instance had already started running?`;
    store.instances.write({ ...instance, output, updatedAt: now });
    return;
  }
  const failed = new Set(
    history
      .filter(({ EventType: type }) => FAILURES.has(type))
      .map((event) => event.TaskScheduledId),
  );
  for (const [n, event] of history.entries()) {
    if (!isUndone(event, failed)) continue;
    const neutral = historyEvent(EventType.GenericEvent, Date.parse(event.Timestamp), {
      Data: null,
    });
    store.histories.replace(id, n, JSON.stringify(neutral));
  }
  for (const [n, leaf] of leaves.entries()) {
    if (leaf.taskId === null || !failed.has(leaf.taskId)) continue;
    store.leaves.write(id, n, { ...leaf, state: "rewound" });
  }
  store.instances.write({ ...instance, status: "Running", output: null, updatedAt: now });
  store.messages.insert({
    instanceId: id,
    executionId: instance.executionId,
    visibleAt: now,
    taskId: null,
    event: historyEvent(EventType.GenericEvent, now, { Data: reason }),
  });
  effects.woken.add(id);
}

/** A timer that the code did not ask for. */
function findRetryTimer(
  history: readonly HistoryEvent[],
  leaves: readonly Leaf[],
): number | undefined {
  const asked = new Set(leaves.map(({ taskId }) => taskId));
  return history.find(
    (event) => event.EventType === EventType.TimerCreated && !asked.has(event.EventId),
  )?.EventId;
}

function isUndone(event: HistoryEvent, failed: ReadonlySet<unknown>): boolean {
  switch (event.EventType) {
    case EventType.ExecutionCompleted:
      return true;
    case EventType.TaskFailed:
    case EventType.SubOrchestrationInstanceFailed:
      return true;
    case EventType.TaskScheduled:
    case EventType.SubOrchestrationInstanceCreated:
      return failed.has(event.EventId);
    default:
      return false;
  }
}
