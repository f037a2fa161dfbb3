import { type Action, flattenActions, kindOf, nameOf } from "./actions.ts";
import { takeCompletions } from "./completions.ts";
import { continueAsNew } from "./continue-as-new.ts";
import { findNonDeterminism } from "./determinism.ts";
import type { Effects, Environment } from "./environment.ts";
import { EventType, type HistoryEvent, historyEvent, isMarkedPlayed } from "./events.ts";
import { finish } from "./finish.ts";
import { type OrchestratorState, type TurnResult, textOf } from "./orchestrator-state.ts";
import { completed, failed, type Outcome } from "./outcome.ts";
import { Scheduler } from "./scheduler.ts";
import type { Session } from "./session.ts";
import type { Message } from "./store/messages.ts";
import { describeTask } from "./store/tasks.ts";
import { numberLeaves } from "./task-ids.ts";

const CUSTOM_STATUS_LIMIT_BYTES = 16 * 1024;

/** One turn of one instance, from the messages it takes to what is stored of it. */
export class Turn {
  readonly #environment: Environment;
  readonly #session: Session;
  readonly #effects: Effects;
  readonly #messages: readonly Message[];
  readonly #at: number;
  readonly #scheduler: Scheduler;
  /** What the orchestrator's code is shown of this turn. */
  readonly shown: readonly HistoryEvent[];

  constructor(
    environment: Environment,
    session: Session,
    messages: readonly Message[],
    effects: Effects,
  ) {
    this.#environment = environment;
    this.#session = session;
    this.#messages = messages;
    this.#effects = effects;
    // A timer's code must see a time that is not before the one it asked for.
    const now = Math.max(...messages.map(({ visibleAt }) => visibleAt), environment.clock.now());
    this.#at = Math.max(now, session.lastTurnAt);
    this.#scheduler = new Scheduler(environment, session, effects, this.#at);
    this.shown = [
      historyEvent(EventType.OrchestratorStarted, this.#at),
      ...messages.flatMap(({ event }) =>
        event.continued
          ? [withoutMark(event), historyEvent(EventType.OrchestratorCompleted, this.#at)]
          : [event],
      ),
    ];
  }

  /** Stores what the turn came to; the caller holds the transaction. */
  commit(result: TurnResult): void {
    const { store } = this.#environment;
    for (const { n } of this.#messages) store.messages.remove(n);
    const outcome = this.#apply(result);
    const customStatus = customStatusOf(result) ?? this.#carriedStatus();
    if (outcome?.kind === "continuedAsNew") {
      const next = { input: outcome.input, customStatus };
      continueAsNew(this.#environment, this.#session, this.#effects, next, this.#at);
      return;
    }
    this.#append([...this.shown, ...this.#scheduler.events]);
    const end = outcome && this.#mayEnd(outcome) ? outcome : undefined;
    const ended = end ? historyEvent(EventType.ExecutionCompleted, this.#at, end.completed) : [];
    this.#append([ended, historyEvent(EventType.OrchestratorCompleted, this.#at)].flat());
    this.#save({ status: "Running", customStatus });
    if (end) finish(this.#environment, this.#session, this.#effects, end, this.#at);
  }

  /** The first turn after a continue-as-new clears no custom status; later ones do. */
  #carriedStatus(): string | null {
    const isContinued = this.#messages.some(({ event }) => event.continued);
    return isContinued ? this.#session.instance.customStatus : null;
  }

  #apply(result: TurnResult): Outcome | undefined {
    const { instance, leaves } = this.#session;
    const replayed = result.kind === "state" ? flattenActions(result.state.actions) : undefined;
    const difference = findNonDeterminism(leaves, replayed?.leaves ?? []);
    if (difference) return failed(instance.name, difference, { atOnce: true, bare: true });
    if (result.kind === "unreadable") {
      return failed(instance.name, result.message, { atOnce: true });
    }
    for (const action of replayed?.repeated ?? []) this.#warnOfRepetition(action);
    const going = {
      environment: this.#environment,
      session: this.#session,
      scheduler: this.#scheduler,
    };
    takeCompletions(going, this.#messages);
    const unsupported = this.#scheduleLeaves(replayed?.leaves ?? []);
    if (unsupported) {
      const message = `This emulator does not know actions of type ${unsupported.actionType}.`;
      return failed(instance.name, message, { atOnce: true });
    }
    return this.#outcomeOf(result.state);
  }

  /** Returns the first action that is not emulated. */
  #scheduleLeaves(actions: readonly Action[]): Action | undefined {
    const { store } = this.#environment;
    this.#updateLeaves(actions);
    const { instance, leaves } = this.#session;
    const known = leaves.length;
    const { added, nextTaskId } = numberLeaves(actions, known, instance.nextTaskId);
    this.#session.instance = { ...instance, nextTaskId };
    for (const { action, leaf } of added) {
      if (leaf.kind === "unsupported") return action;
      store.leaves.write(instance.id, leaves.length, leaf);
      leaves.push(leaf);
      if (leaf.taskId !== null) this.#scheduler.schedule(action, leaf.taskId);
    }
    return undefined;
  }

  /** Cancels timers of earlier turns, and schedules again what a rewind has undone. */
  #updateLeaves(actions: readonly Action[]): void {
    const { instance, leaves } = this.#session;
    for (const [n, leaf] of leaves.entries()) {
      const action = actions[n];
      if (!action || leaf.taskId === null) continue;
      if (leaf.state === "rewound") {
        leaves[n] = { ...leaf, state: "scheduled" };
        this.#environment.store.leaves.write(instance.id, n, leaves[n]);
        this.#scheduler.schedule(action, leaf.taskId);
      } else if (leaf.kind === "timer" && action.isCanceled) {
        this.#scheduler.cancelTimer(leaf.taskId);
      }
    }
  }

  #outcomeOf(state: OrchestratorState): Outcome | undefined {
    const { instance } = this.#session;
    const { customStatus, error } = state;
    const statusBytes = (customStatus?.length ?? 0) * 2;
    if (statusBytes > CUSTOM_STATUS_LIMIT_BYTES) {
      const message = `The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. The current payload size is ${Math.floor(statusBytes / 1024)} KB.`;
      return failed(instance.name, message, { atOnce: true, bare: true });
    }
    if (error === "") {
      this.#environment.log(
        "warning",
        `Instance ${instance.id} (${instance.name}) stays Running for ever: its code threw something without a message, which Durable Functions does not see. Throw an Error with a message.`,
      );
      return undefined;
    }
    if (error !== undefined) return failed(instance.name, error, { details: state.failureDetails });
    if (!state.isDone) return undefined;
    const last = flattenActions(state.actions).leaves.at(-1);
    return last && kindOf(last) === "continueAsNew"
      ? this.#continued(textOf(last.input))
      : completed(state.output);
  }

  #continued(input: string | null): Outcome | undefined {
    const outcome = { kind: "continuedAsNew", input } as const;
    return this.#mayEnd(outcome) ? outcome : undefined;
  }

  /** An instance ends only when nothing that it scheduled is still open. */
  #mayEnd(outcome: Outcome): boolean {
    const { instance, tasks } = this.#session;
    if (outcome.kind === "ended" && outcome.atOnce) return true;
    if (tasks.size === 0) return true;
    const open = [...tasks.values()].map(describeTask);
    this.#environment.log(
      "warning",
      `Instance ${instance.id} (${instance.name}) has run to its end, but stays Running until what it scheduled has ended too: ${open.slice(0, 5).join(", ")}${open.length > 5 ? ", …" : ""}.`,
    );
    return false;
  }

  #warnOfRepetition(action: Action): void {
    const { instance } = this.#session;
    if (kindOf(action) === "event" || kindOf(action) === "timer") return;
    this.#environment.log(
      "warning",
      `Instance ${instance.id} (${instance.name}) awaits one task of '${nameOf(action)}' in several compound tasks. This emulator runs it once; Azure runs it again and mixes up later results. Await a task in one compound only.`,
    );
  }

  #append(events: readonly HistoryEvent[]): void {
    const { instance, history } = this.#session;
    const texts = events.map((event) =>
      JSON.stringify(isMarkedPlayed(event) ? { ...event, IsPlayed: true } : event),
    );
    this.#environment.store.histories.append(instance.id, history.length, texts);
    history.push(...texts);
    this.#session.lastTurnAt = this.#at;
  }

  #save(changes: Partial<Session["instance"]>): void {
    const updatedAt = this.#environment.clock.now();
    this.#session.instance = { ...this.#session.instance, ...changes, updatedAt };
    this.#environment.store.instances.write(this.#session.instance);
  }
}

function withoutMark({ continued: _, ...event }: HistoryEvent): HistoryEvent {
  return event as HistoryEvent;
}

/** A turn that sets no custom status clears the one before. */
function customStatusOf(result: TurnResult): string | null {
  return result.kind === "state" ? result.state.customStatus : null;
}
