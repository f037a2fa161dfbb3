import { newId } from "./create-instance.ts";
import { releaseAll } from "./entity-sending.ts";
import type { Effects, Environment } from "./environment.ts";
import { executionStarted } from "./events.ts";
import { HistoryText, type Session } from "./session.ts";
import type { Instance } from "./store/instances.ts";

/**
 * Begins the instance's next execution: same id and parent, empty history, numbers from 0. Events that this turn has
 * taken are gone, as they are in Azure; those that came since stay. The caller holds the transaction.
 */
export function continueAsNew(
  environment: Environment,
  session: Session,
  effects: Effects,
  next: Pick<Instance, "input" | "customStatus">,
  at: number,
): void {
  const { store, clock } = environment;
  const { id, executionId } = session.instance;
  releaseAll(environment, effects, { instanceId: id, executionId });
  const now = clock.now();
  store.histories.clear(id);
  store.leaves.clear(id);
  store.tasks.clear(id);
  const history = new HistoryText();
  Object.assign(session, { history, leaves: [], tasks: new Map(), lastTurnAt: 0 });
  session.instance = {
    ...session.instance,
    ...next,
    executionId: newId(),
    status: "Running",
    createdAt: at,
    updatedAt: now,
    nextTaskId: 0,
  };
  store.instances.write(session.instance);
  store.messages.insert({
    instanceId: id,
    executionId: session.instance.executionId,
    // Before any event that came in the meantime.
    visibleAt: Math.min(at, now) - 1,
    taskId: null,
    event: { ...executionStarted(session.instance, at), continued: true },
  });
  effects.woken.add(id);
}
