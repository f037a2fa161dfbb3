import { randomUUID } from "node:crypto";
import type { Action, LeafKind } from "./actions.ts";
import { type EntityId, entityIdText, parseEntityId } from "./entity-id.ts";
import { type Effects, type Environment, findName } from "./environment.ts";
import { EventType, type HistoryEvent, historyEvent, timestamp } from "./events.ts";
import { textOf } from "./orchestrator-state.ts";
import type { Session } from "./session.ts";
import type { Caller, EntityRequest, LockRequest, Operation } from "./store/entity-requests.ts";

type SendingKind = Extract<LeafKind, `entity${string}`>;

export function isSending(kind: LeafKind): kind is SendingKind {
  return kind.startsWith("entity");
}

interface Sending {
  readonly kind: SendingKind;
  readonly action: Action;
  readonly taskId: number;
  readonly at: number;
}

/** What an orchestration asks of entities. Returns the events for its history; answers come back as raised events. */
export function sendToEntity(
  environment: Environment,
  { instance }: Session,
  effects: Effects,
  { kind, action, taskId, at }: Sending,
): readonly HistoryEvent[] {
  const caller = { instanceId: instance.id, executionId: instance.executionId };
  const targets = targetsOf(action);
  const missing = targets.find(({ name }) => !findName(environment.worker.entities, name));
  if (missing) {
    const fate = kind === "entitySignal" ? "goes on without its signal to" : "waits for ever:";
    environment.log(
      "warning",
      `Instance ${instance.id} (${instance.name}) ${fate} the entity ${entityIdText(missing)}: ${unknownEntity(environment, missing.name)}`,
    );
    return [];
  }
  const ids = targets.map(entityIdText);
  if (kind === "entityRelease") {
    const id = action.lockRequestId ?? "";
    for (const to of ids) queue(environment, effects, to, { kind: "release", id, caller });
    const content = { $type: typeName("ReleaseMessage"), parent: instance.id, id };
    return ids.map((to, n) => sent(at, taskId + n, to, "release", content));
  }
  const request =
    kind === "entityLock" ? lockOf(action, ids, caller) : callOf(action, kind, caller);
  const [to = ""] = ids;
  queue(environment, effects, to, request);
  return [sent(at, taskId, to, "op", contentOf(request, targets, at))];
}

/** Puts a request into the entity's queue; the caller holds the transaction. */
export function queue(
  { store }: Environment,
  effects: Effects,
  entityId: string,
  request: EntityRequest,
): void {
  store.entityRequests.insert(entityId, request);
  effects.entities.add(entityId);
}

export function unknownEntity({ worker }: Environment, name: string): string {
  const known =
    worker.entities.length > 0
      ? `The following are the known entity functions: ${worker.entities.map((one) => `'${one}'`).join(", ")}.`
      : "No entity functions are currently registered!";
  return `The function '${name.toLowerCase()}' doesn't exist, is disabled, or is not an entity function. Additional info: ${known}`;
}

/** Gives back the locks that an execution still has when it ends. */
export function releaseAll(environment: Environment, effects: Effects, caller: Caller): void {
  const held = environment.store.entities.lockedBy(caller.instanceId);
  for (const id of held) queue(environment, effects, id, { kind: "release", id: "", caller });
}

function targetsOf({ instanceId, lockSet }: Action): readonly EntityId[] {
  return lockSet ?? [parseEntityId(instanceId ?? "")];
}

function lockOf({ lockRequestId }: Action, lockSet: readonly string[], caller: Caller) {
  const request: LockRequest = {
    kind: "lock",
    id: lockRequestId ?? "",
    caller,
    lockSet,
    position: 0,
  };
  return request;
}

function callOf({ operation, input }: Action, kind: string, caller: Caller): Operation {
  return {
    kind: "operation",
    id: randomUUID(),
    caller,
    name: operation ?? "",
    input: input === null ? null : textOf(input),
    isSignal: kind === "entitySignal",
  };
}

/** The request as history has it; the SDK reads the id. */
function contentOf(request: Operation | LockRequest, lockSet: readonly EntityId[], at: number) {
  const asked =
    request.kind === "lock"
      ? { op: null }
      : {
          op: request.name,
          ...(request.isSignal ? { signal: true } : {}),
          ...(request.input === null ? {} : { input: request.input }),
        };
  return {
    $type: typeName("RequestMessage"),
    ...asked,
    id: request.id,
    parent: request.caller?.instanceId,
    parentExecution: request.caller?.executionId,
    Timestamp: timestamp(at),
    Predecessor: "0001-01-01T00:00:00",
    ...(request.kind === "lock" ? { lockset: lockSet } : {}),
  };
}

function sent(at: number, taskId: number, to: string, Name: string, content: object): HistoryEvent {
  const fields = { InstanceId: to, Name, Input: JSON.stringify(content) };
  return historyEvent(EventType.EventSent, at, fields, taskId);
}

/** .NET's name of the extension's message types. */
export function typeName(type: string): string {
  const assembly = "Microsoft.Azure.WebJobs.Extensions.DurableTask";
  return `${assembly}.${type}, ${assembly}`;
}
