import { activityFailure, activityResult } from "./activity-data.ts";
import type { Effects, Environment } from "./environment.ts";
import { noEffects } from "./environment.ts";
import { EventType, type HistoryEvent, historyEvent } from "./events.ts";
import type { HttpOutcome } from "./http-activity.ts";
import { HTTP_ACTIVITY } from "./http-request.ts";
import type { ActivityWork } from "./store/activities.ts";
import { FINAL } from "./store/instances.ts";
import type { ActivityAnswer } from "./worker.ts";

/** The fields of the event that ends an activity. */
type Outcome =
  | HttpOutcome
  | { readonly Result: string | null }
  | ReturnType<typeof activityFailure>;

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
    const { clock, sendHttp } = this.#environment;
    const outcome =
      work.name === HTTP_ACTIVITY
        ? await sendHttp(work.input, clock)
        : outcomeOf(work.name, await this.#runApp(work));
    if (!this.#closed) this.#complete(work, completionOf(work, outcome, clock.now()));
  }

  async #runApp({ name, instanceId, input }: ActivityWork): Promise<ActivityAnswer> {
    try {
      return await this.#environment.worker.runActivity(name, instanceId, input);
    } catch (error) {
      const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
      return { error: { message, stack } };
    }
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

function completionOf({ taskId }: ActivityWork, outcome: Outcome, at: number): HistoryEvent {
  const type = "Result" in outcome ? EventType.TaskCompleted : EventType.TaskFailed;
  return historyEvent(type, at, { TaskScheduledId: taskId, ...outcome });
}

function outcomeOf(name: string, answer: ActivityAnswer): Outcome {
  return "error" in answer
    ? activityFailure(name, answer.error)
    : { Result: activityResult(answer.returnValue) };
}
