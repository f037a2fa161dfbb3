import type { Effects, Environment } from "./environment.ts";
import { EventType, historyEvent } from "./events.ts";
import { finish } from "./finish.ts";
import type { Session } from "./session.ts";
import type { Message } from "./store/messages.ts";

/** Whether the event is for the backend itself; suspend and resume only where they change something. */
export function isControl(type: number, status: string): boolean {
  if (type === EventType.ExecutionTerminated) return true;
  if (type === EventType.ExecutionSuspended) return status !== "Suspended";
  return type === EventType.ExecutionResumed;
}

/** Terminates, suspends or resumes without running the orchestrator's code; the caller holds the transaction. */
export function takeControl(
  environment: Environment,
  session: Session,
  effects: Effects,
  { n, event }: Message,
): void {
  const { store, clock } = environment;
  const at = Math.max(clock.now(), session.lastTurnAt);
  const reason = (event.Input ?? event.Reason ?? null) as string | null;
  const isEnd = event.EventType === EventType.ExecutionTerminated;
  const completed = { OrchestrationStatus: 5, Result: reason, FailureDetails: null };
  const texts = [
    historyEvent(EventType.OrchestratorStarted, at),
    event,
    ...(isEnd ? [historyEvent(EventType.ExecutionCompleted, at, completed)] : []),
    historyEvent(EventType.OrchestratorCompleted, at),
  ].map((one) => JSON.stringify(one));
  store.messages.remove(n);
  store.histories.append(session.instance.id, session.history.length, texts);
  session.history.push(...texts);
  session.lastTurnAt = at;
  if (isEnd) {
    const end = { kind: "ended", status: "Terminated", output: reason } as const;
    finish(environment, session, effects, { ...end, completed, atOnce: true }, at);
    return;
  }
  const isSuspension = event.EventType === EventType.ExecutionSuspended;
  session.instance = {
    ...session.instance,
    status: isSuspension ? "Suspended" : "Running",
    output: isSuspension ? reason : null,
    updatedAt: clock.now(),
  };
  store.instances.write(session.instance);
}
