import { type Action, kindOf, nameOf, numbersTaken } from "./actions.ts";
import { EventType, type HistoryEvent } from "./events.ts";
import { isPolledOn } from "./http-polling.ts";
import type { Leaf } from "./store/leaves.ts";
import type { Task } from "./store/tasks.ts";

/**
 * The SDK numbers its tasks itself and never says how; completions are matched by these numbers.
 * Numbers are taken, in this order, by an event that makes a retry or the polling of an HTTP call go on, and by every
 * action seen for the first time.
 */

/** Whether the SDK takes numbers while it processes this completion of `task`. */
export function takesNumber(event: HistoryEvent, task: Task | undefined): boolean {
  if (task === undefined) return false;
  if (task.kind === "retryTimer") return hasAttemptsLeft(task.call.retry);
  if (task.kind === "http") return isPolledOn(task.request, event);
  return isFailure(event) && "retry" in task && task.retry !== undefined;
}

export function isFailure({ EventType: type }: HistoryEvent): boolean {
  return type === EventType.TaskFailed || type === EventType.SubOrchestrationInstanceFailed;
}

export function hasAttemptsLeft({
  attempt,
  options,
}: {
  readonly attempt: number;
  readonly options: { readonly maxNumberOfAttempts: number };
}): boolean {
  return attempt < options.maxNumberOfAttempts;
}

/**
 * As many of the messages, from the first, as one turn can take: what takes a number must not follow what may resume
 * the orchestrator's code, because that code takes numbers too.
 */
export function takeBatch<
  M extends { readonly event: HistoryEvent; readonly taskId: number | null },
>(messages: readonly M[], tasks: ReadonlyMap<number, Task>): readonly M[] {
  const batch: M[] = [];
  let resumed = false;
  for (const message of messages) {
    const task = message.taskId === null ? undefined : tasks.get(message.taskId);
    if (!takesNumber(message.event, task)) resumed = true;
    else if (resumed) break;
    batch.push(message);
  }
  return batch;
}

export interface NumberedLeaves {
  /** Leaves beyond the known ones, with the numbers they take. */
  readonly added: readonly { readonly action: Action; readonly leaf: Leaf }[];
  readonly nextTaskId: number;
}

/** Numbers the leaves that were not there at the turn before. */
export function numberLeaves(
  leaves: readonly Action[],
  knownCount: number,
  firstTaskId: number,
): NumberedLeaves {
  let nextTaskId = firstTaskId;
  const added = leaves.slice(knownCount).map((action) => {
    const kind = kindOf(action);
    const taken = numbersTaken(action);
    const taskId = taken === 0 ? null : nextTaskId;
    nextTaskId += taken;
    return { action, leaf: { kind, name: nameOf(action), taskId, state: "scheduled" } as const };
  });
  return { added, nextTaskId };
}
