import { activityFailure, activityResult } from "./activity-data.ts";
import type { Effects, Environment } from "./environment.ts";
import { noEffects } from "./environment.ts";
import { EventType, type HistoryEvent, historyEvent } from "./events.ts";
import type { ActivityWork } from "./store/activities.ts";
import { FINAL } from "./store/instances.ts";
import type { ActivityAnswer } from "./worker.ts";

/** Runs activities, a bounded number at a time, at least once each. */
export class ActivityRunner {
  readonly #environment: Environment;
  readonly #apply: (effects: Effects) => void;
  readonly #queue: ActivityWork[] = [];
  readonly #running = new Set<Promise<void>>();
  #stopping = false;
  #closed = false;

  constructor(environment: Environment, apply: (effects: Effects) => void) {
    this.#environment = environment;
    this.#apply = apply;
  }

  enqueue(work: readonly ActivityWork[]): void {
    this.#queue.push(...work);
    this.#fill();
  }

  /** Starts nothing more and waits for what runs, at most `patienceMs`; the rest runs again at the next start. */
  async stop(patience: Promise<void>): Promise<void> {
    this.#stopping = true;
    await Promise.race([Promise.allSettled(this.#running), patience]);
    this.#closed = true;
  }

  #fill(): void {
    const { maxConcurrentActivities } = this.#environment.settings;
    while (!this.#stopping && this.#running.size < maxConcurrentActivities) {
      const work = this.#queue.shift();
      if (!work) return;
      const run = this.#run(work).finally(() => {
        this.#running.delete(run);
        this.#fill();
      });
      this.#running.add(run);
    }
  }

  async #run(work: ActivityWork): Promise<void> {
    const { worker, clock } = this.#environment;
    let answer: ActivityAnswer;
    try {
      answer = await worker.runActivity(work.name, work.instanceId, work.input);
    } catch (error) {
      const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
      answer = { error: { message, stack } };
    }
    if (!this.#closed) this.#complete(work, completionOf(work, answer, clock.now()));
  }

  #complete(work: ActivityWork, event: HistoryEvent): void {
    const { store, clock } = this.#environment;
    const effects = noEffects();
    store.transaction(() => {
      if (!store.activities.remove(work.n)) return;
      const instance = store.instances.read(work.instanceId);
      const isAwaited = instance?.executionId === work.executionId && !FINAL.has(instance.status);
      if (!isAwaited) return;
      const { instanceId, executionId, taskId } = work;
      const visibleAt = clock.now();
      store.messages.insert({ instanceId, executionId, visibleAt, taskId, event });
      effects.woken.add(instanceId);
    });
    this.#apply(effects);
  }
}

function completionOf(work: ActivityWork, answer: ActivityAnswer, at: number): HistoryEvent {
  const { name, taskId } = work;
  if ("error" in answer) {
    const failure = activityFailure(name, answer.error);
    return historyEvent(EventType.TaskFailed, at, { TaskScheduledId: taskId, ...failure });
  }
  const Result = activityResult(answer.returnValue);
  return historyEvent(EventType.TaskCompleted, at, { TaskScheduledId: taskId, Result });
}
