import { type Action, kindOf } from "./actions.ts";
import { activityInput } from "./activity-data.ts";
import { createInstance } from "./create-instance.ts";
import { isSending, sendToEntity } from "./entity-sending.ts";
import { type Effects, type Environment, findName } from "./environment.ts";
import { EventType, type HistoryEvent, historyEvent, timestamp } from "./events.ts";
import { HTTP_ACTIVITY, type HttpRequest } from "./http-request.ts";
import { textOf } from "./orchestrator-state.ts";
import type { Session } from "./session.ts";
import { FINAL } from "./store/instances.ts";
import type { Call, RetriedCall, Retry, RetryTimer, Task } from "./store/tasks.ts";
import { hasAttemptsLeft } from "./task-ids.ts";

const LONGEST_RETRY_DELAY_MS = 6 * 24 * 60 * 60 * 1000;

/** Carries out what a turn asked for; everything happens in the turn's transaction. */
export class Scheduler {
  /** History events that scheduling has produced. */
  readonly events: HistoryEvent[] = [];
  readonly #environment: Environment;
  readonly #session: Session;
  readonly #effects: Effects;
  /** The orchestration's present. */
  readonly #at: number;

  constructor(environment: Environment, session: Session, effects: Effects, at: number) {
    this.#environment = environment;
    this.#session = session;
    this.#effects = effects;
    this.#at = at;
  }

  /** What the code asks for the first time, or again because a rewind has undone it. */
  schedule(action: Action, taskId: number): void {
    const kind = kindOf(action);
    if (kind === "activity" || kind === "subOrchestration") {
      this.call(this.#callOf(action, kind), taskId);
    } else if (kind === "timer") {
      this.#timer(action, taskId);
    } else if (kind === "http" && action.httpRequest) {
      this.httpCall(action.httpRequest, taskId);
    } else if (isSending(kind)) {
      const sending = { kind, action, taskId, at: this.#at };
      const sent = sendToEntity(this.#environment, this.#session, this.#effects, sending);
      this.events.push(...sent);
    }
  }

  #callOf(action: Action, kind: Call["kind"]): Call {
    const { functionName: name = "", retryOptions: options } = action;
    const retry = options && { options: { ...options }, attempt: 1, firstAt: this.#at };
    return kind === "activity"
      ? { kind, name, input: activityInput(action.input), retry }
      : {
          kind,
          name,
          input: textOf(action.input),
          instanceId: action.instanceId || undefined,
          version: action.version,
          retry,
        };
  }

  call(call: Call, taskId: number): void {
    if (call.kind === "activity") this.#callActivity(call, taskId);
    else this.#callSubOrchestration(call, taskId);
  }

  /** The built-in activity behind `callHttp`. */
  httpCall(request: HttpRequest, taskId: number): void {
    const task: Task = { kind: "http", request, scheduledAt: this.#at };
    const call = { name: HTTP_ACTIVITY, input: JSON.stringify(request) };
    this.#startActivity(HTTP_ACTIVITY, call, taskId, task);
  }

  /** Answered with 202, an HTTP call asks again after a while, under a number that is taken now. */
  pollTimer(taskId: number, requestTaskId: number, request: HttpRequest, delayMs: number): void {
    const task: Task = { kind: "pollTimer", request, requestTaskId, scheduledAt: this.#at };
    this.#startTimer(taskId, this.#at + delayMs, task);
  }

  #timer({ fireAt, isCanceled }: Action, taskId: number): void {
    const asked = new Date(fireAt ?? Number.NaN).getTime();
    // An invalid date reaches the extension as none at all, which is long past.
    const at = Number.isNaN(asked) ? this.#at : asked;
    // A timer cancelled in the turn that made it leaves only its trace.
    if (isCanceled) this.#timerCreated(taskId, at);
    else this.#startTimer(taskId, at, { kind: "timer", scheduledAt: this.#at });
  }

  cancelTimer(taskId: number): void {
    const { store } = this.#environment;
    const { instance, tasks } = this.#session;
    if (!tasks.delete(taskId)) return;
    store.tasks.remove(instance.id, taskId);
    store.messages.removeTask(instance.id, taskId);
  }

  /** After a failed attempt the SDK waits for a timer, also after the last one, which then fires at once. */
  retryTimer(taskId: number, call: RetriedCall, failure: HistoryEvent): void {
    const timedOut = this.#isTimedOut(call.retry);
    const delay = timedOut || !hasAttemptsLeft(call.retry) ? 0 : retryDelay(call.retry);
    const task: Task = { kind: "retryTimer", call, failure, timedOut, scheduledAt: this.#at };
    this.#startTimer(taskId, this.#at + delay, task);
  }

  /** Past the retry timeout nothing runs any more; the attempts that the SDK still counts on fail as the last one did. */
  nextAttempt(taskId: number, { call, failure, timedOut }: RetryTimer): void {
    const next = { ...call, retry: { ...call.retry, attempt: call.retry.attempt + 1 } };
    if (!timedOut) {
      this.call(next, taskId);
      return;
    }
    this.#open(taskId, { ...next, scheduledAt: this.#at });
    const { id: instanceId, executionId } = this.#session.instance;
    const event = { ...failure, TaskScheduledId: taskId };
    const visibleAt = this.#environment.clock.now();
    this.#environment.store.messages.insert({ instanceId, executionId, visibleAt, taskId, event });
    this.#effects.woken.add(instanceId);
  }

  #isTimedOut({ options, firstAt }: Retry): boolean {
    const timeout = options.retryTimeoutInMilliseconds;
    return timeout !== undefined && timeout > 0 && this.#at >= firstAt + timeout;
  }

  #callActivity(call: Call, taskId: number): void {
    const { worker, log } = this.#environment;
    const { instance } = this.#session;
    const name = findName(worker.activities, call.name);
    if (!name) {
      const known = worker.activities.map((one) => `'${one}'`).join(", ");
      log(
        "warning",
        `Instance ${instance.id} (${instance.name}) waits for ever: it called the activity '${call.name}', which is not registered. Known activities: ${known}.`,
      );
      return;
    }
    this.#startActivity(name, call, taskId, { ...call, scheduledAt: this.#at });
  }

  /** `registered` is the name in the app's own spelling. */
  #startActivity(
    registered: string,
    { name, input }: Pick<Call, "name" | "input">,
    taskId: number,
    task: Task,
  ): void {
    this.#open(taskId, task);
    const fields = {
      Name: name,
      Version: "",
      Input: null,
      Tags: null,
      ParentTraceContext: null,
    };
    this.events.push(historyEvent(EventType.TaskScheduled, this.#at, fields, taskId));
    const { id: instanceId, executionId } = this.#session.instance;
    const work = { instanceId, executionId, taskId, name: registered, input };
    this.#effects.activities.push(this.#environment.store.activities.insert(work));
  }

  #callSubOrchestration(call: Call, taskId: number): void {
    const { instance } = this.#session;
    const id = call.instanceId ?? `${instance.executionId}:${taskId}`;
    const obstacle = this.#obstacle(call.name, id);
    if (obstacle) {
      this.#environment.log(
        "warning",
        `Instance ${instance.id} (${instance.name}) waits for ever: ${obstacle}`,
      );
      return;
    }
    this.#open(taskId, { ...call, scheduledAt: this.#at });
    const fields = {
      Name: call.name,
      Version: null,
      InstanceId: id,
      Input: null,
      ClientSpanId: null,
      ParentTraceContext: null,
    };
    const created = EventType.SubOrchestrationInstanceCreated;
    this.events.push(historyEvent(created, this.#at, fields, taskId));
    const { id: instanceId, executionId, name } = instance;
    createInstance(this.#environment, this.#effects, {
      id,
      name: call.name,
      input: call.input,
      version: call.version ?? this.#environment.settings.defaultVersion,
      parent: { instanceId, executionId, name, taskId },
    });
  }

  #obstacle(name: string, id: string): string | undefined {
    const { store, worker } = this.#environment;
    const { instance } = this.#session;
    if (!findName(worker.orchestrators, name)) {
      return `it called the sub-orchestrator '${name}', which is not registered.`;
    }
    if (id === instance.id || id === instance.parent?.instanceId) {
      return `it gave the sub-orchestration '${name}' its own or its parent's instance id.`;
    }
    const status = store.instances.read(id)?.status;
    return status === undefined || FINAL.has(status)
      ? undefined
      : `its sub-orchestration '${name}' has the id ${id}, which another instance has that is still ${status}.`;
  }

  #startTimer(taskId: number, fireAt: number, task: Task): void {
    this.#open(taskId, task);
    this.#timerCreated(taskId, fireAt);
    const { id: instanceId, executionId } = this.#session.instance;
    const fields = { TimerId: taskId, FireAt: timestamp(fireAt) };
    this.#environment.store.messages.insert({
      instanceId,
      executionId,
      visibleAt: fireAt,
      taskId,
      event: historyEvent(EventType.TimerFired, this.#at, fields),
    });
  }

  #timerCreated(taskId: number, fireAt: number): void {
    const fields = { FireAt: timestamp(fireAt) };
    this.events.push(historyEvent(EventType.TimerCreated, this.#at, fields, taskId));
  }

  #open(taskId: number, task: Task): void {
    const { instance, tasks } = this.#session;
    tasks.set(taskId, task);
    this.#environment.store.tasks.insert(instance.id, taskId, task);
  }
}

function retryDelay({ options, attempt }: Retry): number {
  const longest = options.maxRetryIntervalInMilliseconds ?? LONGEST_RETRY_DELAY_MS;
  const factor = (options.backoffCoefficient ?? 1) ** (attempt - 1);
  return Math.min(Math.round(options.firstRetryIntervalInMilliseconds * factor), longest);
}
