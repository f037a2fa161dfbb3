import { ActivityRunner } from "./activity-runner.ts";
import { Alarm } from "./alarm.ts";
import { isControl, takeControl } from "./control.ts";
import { EntityRunner } from "./entity-runner.ts";
import { type Effects, type Environment, findName, noEffects } from "./environment.ts";
import { OneAtATime } from "./one-at-a-time.ts";
import { readAnswer, type TurnResult } from "./orchestrator-state.ts";
import { loadSession, payloadOf, type Session, turnMembers } from "./session.ts";
import { FINAL, type Instance } from "./store/instances.ts";
import type { Message } from "./store/messages.ts";
import { takeBatch } from "./task-ids.ts";
import { Turn } from "./turn.ts";
import { describeMismatch, versionMatches } from "./version.ts";

const MAX_SESSIONS = 500;
/** Short, because a supervisor that is gone leaves two seconds in all; what takes longer runs again. */
const STOP_PATIENCE_MS = 800;

/** Takes instances from turn to turn: one turn at a time each, woken by messages, never by polling. */
export class Engine {
  readonly #environment: Environment;
  readonly #activities: ActivityRunner;
  readonly #alarm: Alarm;
  readonly #sessions = new Map<string, Session>();
  readonly #entities: EntityRunner;
  readonly #turns: OneAtATime;
  readonly #watchers = new Set<(ended: Instance) => void>();
  /** Instances whose version was refused, so that the log says it once. */
  readonly #refused = new Set<string>();

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#activities = new ActivityRunner(environment, (effects) => this.apply(effects));
    this.#entities = new EntityRunner(environment, (effects) => this.apply(effects));
    this.#turns = new OneAtATime(environment, "A turn of instance", (id) => this.#advance(id));
    this.#alarm = new Alarm(environment.clock, () => this.#wakeDue());
  }

  /** Takes up whatever was under way when the store was last open. */
  start(): void {
    this.#activities.enqueue(this.#environment.store.activities.all());
    this.#entities.start();
    this.#wakeDue();
  }

  /** Ends after the turns and activities that run now, or leaves them to the next start when they take too long. */
  async stop(): Promise<void> {
    const { clock } = this.#environment;
    this.#alarm.set(undefined);
    const rest = Promise.all([this.#turns.stop(), this.#entities.stop()]);
    const cancel = new AbortController();
    const patience = clock.until(clock.now() + STOP_PATIENCE_MS, cancel.signal);
    await this.#activities.stop(patience);
    await Promise.race([rest, patience]);
    cancel.abort();
  }

  /** To be called after each commit. */
  apply({ woken, activities, entities, ended }: Effects): void {
    this.#activities.enqueue(activities);
    this.#entities.wake(entities);
    this.#turns.wake(woken);
    for (const instance of ended) {
      this.#sessions.delete(instance.id);
      for (const watch of [...this.#watchers]) watch(instance);
    }
    this.#setAlarm();
  }

  /** Forgets what is kept in memory of an instance that was changed in the store. */
  forget(id: string): void {
    this.#sessions.delete(id);
  }

  /** Resolves when the instance has ended, or at `until`. */
  async ended(id: string, until: number): Promise<void> {
    const { clock, store } = this.#environment;
    const status = store.instances.read(id)?.status;
    if (status === undefined || FINAL.has(status)) return;
    const cancel = new AbortController();
    const watch = (ended: Instance) => {
      if (ended.id === id) cancel.abort();
    };
    this.#watchers.add(watch);
    await clock.pause(until, cancel.signal);
    this.#watchers.delete(watch);
  }

  #wakeDue(): void {
    const { store, clock } = this.#environment;
    if (this.#turns.isStopped) return;
    this.#turns.wake(store.messages.waiting(clock.now()));
    this.#setAlarm();
  }

  #setAlarm(): void {
    const { store, clock } = this.#environment;
    if (!this.#turns.isStopped) this.#alarm.set(store.messages.nextAfter(clock.now()));
  }

  async #advance(id: string): Promise<boolean> {
    try {
      return await this.#turn(id);
    } catch (error) {
      this.#sessions.delete(id);
      throw error;
    }
  }

  /** True when there may be more to do at once. */
  async #turn(id: string): Promise<boolean> {
    const { store, clock } = this.#environment;
    const session = this.#session(id);
    if (!session) return false;
    const due = this.#usable(session, store.messages.due(id, clock.now()));
    if (due.length === 0) return false;
    const control = due.find(({ event }) => isControl(event.EventType, session.instance.status));
    if (control) {
      const effects = noEffects();
      store.transaction(() => takeControl(this.#environment, session, effects, control));
      this.apply(effects);
      return true;
    }
    if (session.instance.status === "Suspended" || !this.#mayRun(session)) return false;
    return this.#orchestrate(session, takeBatch(due, session.tasks));
  }

  async #orchestrate(session: Session, batch: readonly Message[]): Promise<boolean> {
    const { store } = this.#environment;
    const { id } = session.instance;
    const effects = noEffects();
    const turn = new Turn(this.#environment, session, batch, effects);
    const result = await this.#run(session, turn);
    if (this.#turns.isStopped) return false;
    // Purged or replaced while its code ran: whatever is there now begins anew.
    if (this.#sessions.get(id) !== session) return true;
    store.transaction(() => turn.commit(result));
    this.apply(effects);
    return !FINAL.has(session.instance.status);
  }

  async #run(session: Session, turn: Turn): Promise<TurnResult> {
    const { worker, settings } = this.#environment;
    const { name, id, version } = session.instance;
    if (!versionMatches(version, settings)) {
      return { kind: "unreadable", message: describeMismatch(version, settings) };
    }
    const registered = findName(worker.orchestrators, name);
    if (!registered) {
      const known = worker.orchestrators.map((one) => `'${one}'`).join(", ");
      const message = `The function '${name}' doesn't exist, is disabled, or is not an orchestrator function. Additional info: The following are the known orchestrator functions: ${known}.`;
      return { kind: "unreadable", message };
    }
    const shown = turn.shown.map((event) => JSON.stringify(event));
    const members = turnMembers(session, settings.httpPollDelayMs);
    const payload = payloadOf(session, shown, members);
    return readAnswer(await worker.runOrchestrator(registered, id, payload, members));
  }

  #session(id: string): Session | undefined {
    const known = this.#sessions.get(id);
    const { store } = this.#environment;
    const instance = known ? known.instance : store.instances.read(id);
    if (!instance || FINAL.has(instance.status)) {
      store.messages.removeAll(id);
      return undefined;
    }
    const session = known ?? loadSession(store, instance);
    this.#sessions.delete(id);
    if (this.#sessions.size >= MAX_SESSIONS) this.#dropOldest();
    this.#sessions.set(id, session);
    return session;
  }

  #dropOldest(): void {
    for (const id of this.#sessions.keys()) {
      if (this.#turns.isBusy(id)) continue;
      this.#sessions.delete(id);
      return;
    }
  }

  /** Drops what belongs to an earlier execution, or to a task that is not open. */
  #usable(session: Session, due: readonly Message[]): readonly Message[] {
    const { store } = this.#environment;
    return due.filter(({ n, executionId, taskId }) => {
      const isOld = executionId !== null && executionId !== session.instance.executionId;
      if (!isOld && (taskId === null || session.tasks.has(taskId))) return true;
      store.messages.remove(n);
      return false;
    });
  }

  #mayRun({ instance }: Session): boolean {
    const { settings, log } = this.#environment;
    const { versionFailureStrategy } = settings;
    if (versionMatches(instance.version, settings) || versionFailureStrategy === "Fail")
      return true;
    if (!this.#refused.has(instance.id)) {
      this.#refused.add(instance.id);
      log(
        "warning",
        `Instance ${instance.id} (${instance.name}) stays ${instance.status}: ${describeMismatch(instance.version, settings)}`,
      );
    }
    return false;
  }
}
