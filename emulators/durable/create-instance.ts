import { randomUUID } from "node:crypto";
import type { Effects, Environment } from "./environment.ts";
import { executionStarted } from "./events.ts";
import type { Instance } from "./store/instances.ts";

/** Puts a Pending instance in the place of whatever has its id. */
export function createInstance(
  { store, clock }: Environment,
  effects: Effects,
  start: Pick<Instance, "id" | "name" | "input" | "version" | "parent">,
): Instance {
  const now = clock.now();
  store.instances.remove(start.id);
  const instance: Instance = {
    ...start,
    executionId: newId(),
    status: "Pending",
    output: null,
    customStatus: null,
    createdAt: now,
    updatedAt: now,
    nextTaskId: 0,
  };
  store.instances.write(instance);
  store.messages.insert({
    instanceId: instance.id,
    executionId: instance.executionId,
    visibleAt: now,
    taskId: null,
    event: executionStarted(instance, now),
  });
  effects.woken.add(instance.id);
  return instance;
}

/** 32 hex digits, as DurableTask's ids. */
export function newId(): string {
  return randomUUID().replaceAll("-", "");
}
