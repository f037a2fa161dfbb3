import type { Environment } from "./environment.ts";
import type { HistoryEvent } from "./events.ts";
import { nextPoll } from "./http-polling.ts";
import type { HttpRequest } from "./http-request.ts";
import type { Scheduler } from "./scheduler.ts";
import { type Session, takeNumber } from "./session.ts";
import type { Message } from "./store/messages.ts";
import type { RetriedCall, Task } from "./store/tasks.ts";
import { isFailure, takesNumber } from "./task-ids.ts";

interface Going {
  readonly environment: Environment;
  readonly session: Session;
  readonly scheduler: Scheduler;
}

/** Closes the tasks that a turn's messages complete; retries and polled HTTP calls go on without the code's doing. */
export function takeCompletions(going: Going, messages: readonly Message[]): void {
  const { environment, session } = going;
  for (const { taskId, event } of messages) {
    if (taskId === null) continue;
    const task = session.tasks.get(taskId);
    session.tasks.delete(taskId);
    environment.store.tasks.remove(session.instance.id, taskId);
    if (task) goOn(going, task, event);
  }
}

function goOn(going: Going, task: Task, event: HistoryEvent): void {
  const { session, scheduler } = going;
  if (task.kind === "pollTimer") {
    scheduler.httpCall(task.request, task.requestTaskId);
  } else if (!takesNumber(event, task)) {
    return;
  } else if (task.kind === "retryTimer") {
    scheduler.nextAttempt(takeNumber(session), task);
  } else if (task.kind === "http") {
    pollOn(going, task.request, event);
  } else if (isRetried(task) && isFailure(event)) {
    scheduler.retryTimer(takeNumber(session), task, event);
  }
}

function pollOn(
  { environment, session, scheduler }: Going,
  request: HttpRequest,
  event: HistoryEvent,
): void {
  const { settings, log } = environment;
  const [timerId, requestId] = [takeNumber(session), takeNumber(session)];
  const next = nextPoll(request, event, settings.httpPollDelayMs);
  if ("request" in next) {
    scheduler.pollTimer(timerId, requestId, next.request, next.delayMs);
    return;
  }
  const { id, name } = session.instance;
  log(
    "warning",
    `Instance ${id} (${name}) waits for ever for callHttp ${request.method} ${request.uri}: ${next.problem}. Correct the service, or set enablePolling: false and ask again yourself.`,
  );
}

function isRetried(task: Task): task is Task & RetriedCall {
  return "retry" in task && task.retry !== undefined;
}
