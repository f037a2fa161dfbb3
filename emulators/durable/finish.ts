import { orphanWarning } from "./entity-runner.ts";
import { releaseAll } from "./entity-sending.ts";
import type { Effects, Environment } from "./environment.ts";
import { EventType, historyEvent } from "./events.ts";
import type { Ended } from "./outcome.ts";
import type { Session } from "./session.ts";
import { FINAL, type Instance } from "./store/instances.ts";

/** Ends the instance and tells its parent; later messages to it are lost, as they are in Azure. */
export function finish(
  environment: Environment,
  session: Session,
  effects: Effects,
  end: Ended,
  at: number,
): void {
  const { store, clock } = environment;
  const { id } = session.instance;
  const { status, output } = end;
  session.instance = { ...session.instance, status, output, updatedAt: clock.now() };
  store.instances.write(session.instance);
  store.messages.removeAll(id);
  store.tasks.clear(id);
  session.tasks.clear();
  settleLocks(environment, session.instance, effects);
  effects.ended.push(session.instance);
  tellParent(environment, session.instance, effects, end, at);
}

/** What ends by itself gives its locks back; what is terminated keeps them for ever, as in Azure. */
function settleLocks(environment: Environment, instance: Instance, effects: Effects): void {
  const { id, executionId, status } = instance;
  if (status !== "Terminated") {
    releaseAll(environment, effects, { instanceId: id, executionId });
    return;
  }
  for (const entityId of environment.store.entities.lockedBy(id)) {
    environment.log("warning", orphanWarning(entityId, id));
  }
}

function tellParent(
  { store, clock }: Environment,
  { parent }: Instance,
  effects: Effects,
  end: Ended,
  at: number,
): void {
  const waiting = parent && store.instances.read(parent.instanceId);
  if (!parent || !waiting || FINAL.has(waiting.status)) return;
  const succeeded = end.status === "Completed";
  const type = succeeded
    ? EventType.SubOrchestrationInstanceCompleted
    : EventType.SubOrchestrationInstanceFailed;
  const fields = succeeded ? { Result: end.output } : failureFields(end);
  store.messages.insert({
    instanceId: parent.instanceId,
    executionId: parent.executionId,
    visibleAt: clock.now(),
    taskId: parent.taskId,
    event: historyEvent(type, at, { TaskScheduledId: parent.taskId, ...fields }),
  });
  effects.woken.add(parent.instanceId);
}

function failureFields({ status, output, failureDetails, stackTrace }: Ended) {
  // A terminated child has no details, and its parent cannot make sense of that.
  if (status === "Terminated") return { Reason: output, Details: null, FailureDetails: null };
  return {
    Reason: output,
    Details: `Message: ${stackTrace ?? output}, StackTrace:    at the sub-orchestration`,
    FailureDetails: failureDetails ?? null,
  };
}
