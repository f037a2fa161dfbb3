import { randomUUID } from "node:crypto";
import {
  type EntityAnswer,
  type EntityBatch,
  entityPayload,
  readEntityAnswer,
  takeEntityBatch,
} from "./entity-batch.ts";
import { entityIdText, parseEntityId } from "./entity-id.ts";
import { queue, typeName, unknownEntity } from "./entity-sending.ts";
import { type Effects, type Environment, findName, noEffects } from "./environment.ts";
import { EventType, historyEvent } from "./events.ts";
import { OneAtATime } from "./one-at-a-time.ts";
import type { Entity } from "./store/entities.ts";
import type { Caller, LockRequest, Queued, Release } from "./store/entity-requests.ts";
import { FINAL } from "./store/instances.ts";

/** Runs entities, one batch at a time each; its state, answers and signals are stored in one transaction. */
export class EntityRunner {
  readonly #environment: Environment;
  readonly #apply: (effects: Effects) => void;
  readonly #batches: OneAtATime;

  constructor(environment: Environment, apply: (effects: Effects) => void) {
    this.#environment = environment;
    this.#apply = apply;
    this.#batches = new OneAtATime(environment, "A batch of the entity", (id) => this.#run(id));
  }

  /** Takes up what was left when the store was last open. */
  start(): void {
    this.#batches.wake(this.#environment.store.entityRequests.waiting());
  }

  wake(ids: Iterable<string>): void {
    this.#batches.wake(ids);
  }

  /** Starts nothing more and waits for what runs; a batch that was not stored runs again at the next start. */
  stop(): Promise<void> {
    return this.#batches.stop();
  }

  async #run(id: string): Promise<boolean> {
    const { store } = this.#environment;
    const entity = store.entities.read(id) ?? newEntity(id);
    const batch = takeEntityBatch(store.entityRequests.of(id), entity.lockedBy);
    if (!batch) return false;
    const answer =
      batch.operations.length > 0 ? await this.#invoke(entity, batch) : unchanged(entity);
    if (!answer || this.#batches.isStopped) return false;
    const effects = noEffects();
    store.transaction(() => this.#commit(entity, batch, answer, effects));
    this.#apply(effects);
    return true;
  }

  async #invoke(entity: Entity, { operations }: EntityBatch): Promise<EntityAnswer | undefined> {
    const { worker, log } = this.#environment;
    const { name } = parseEntityId(entity.id);
    const registered = findName(worker.entities, name);
    if (!registered) {
      log(
        "warning",
        `The entity ${entity.id} does nothing with what it is asked: ${unknownEntity(this.#environment, name)}`,
      );
      return undefined;
    }
    const result = await worker.runEntity(registered, entity.id, entityPayload(entity, operations));
    return readEntityAnswer(result, operations.length);
  }

  #commit(entity: Entity, batch: EntityBatch, answer: EntityAnswer, effects: Effects): void {
    const { store, clock } = this.#environment;
    const requests = [...batch.operations, ...(batch.last ? [batch.last] : [])];
    const removed = requests.map(({ n }) => store.entityRequests.remove(n));
    // Purged while its code ran.
    if (removed.includes(false)) return;
    for (const [index, { id, caller, isSignal }] of batch.operations.entries()) {
      const { result = null, isError = false } = answer.results[index] ?? {};
      if (isSignal || !caller) continue;
      const failed = isError ? { exceptionType: "Error" } : {};
      this.#respond(caller, id, { result, ...failed }, effects);
    }
    this.#sendSignals(entity.id, answer.signals, effects);
    const { entityExists: exists, entityState: state } = answer;
    const lockedBy = batch.last ? this.#changeLock(entity, batch.last, effects) : entity.lockedBy;
    store.entities.write({ id: entity.id, exists, state, lockedBy, updatedAt: clock.now() });
  }

  #sendSignals(from: string, signals: EntityAnswer["signals"], effects: Effects): void {
    const caller = { instanceId: from, executionId: null };
    for (const { target, name, input } of signals) {
      const request = { id: randomUUID(), caller, name, input, isSignal: true } as const;
      queue(this.#environment, effects, entityIdText(target), { kind: "operation", ...request });
    }
  }

  /** Who holds the lock now. */
  #changeLock(
    { id, lockedBy }: Entity,
    request: Queued<LockRequest | Release>,
    effects: Effects,
  ): string | null {
    const { caller } = request;
    if (request.kind === "release") return lockedBy === caller.instanceId ? null : lockedBy;
    const next = { ...request, position: request.position + 1 };
    const following = request.lockSet[next.position];
    if (following === undefined) {
      this.#respond(caller, request.id, { result: "Lock Acquisition Completed" }, effects);
    } else {
      const { n: _, ...forwarded } = next;
      queue(this.#environment, effects, following, forwarded);
    }
    this.#warnOfOrphan(id, caller);
    return caller.instanceId;
  }

  #respond(caller: Caller, id: string, content: object, effects: Effects): void {
    const { store, clock } = this.#environment;
    const now = clock.now();
    const Input = JSON.stringify({ $type: typeName("ResponseMessage"), ...content });
    store.messages.insert({
      ...caller,
      visibleAt: now,
      taskId: null,
      event: historyEvent(EventType.EventRaised, now, { Name: id, Input }),
    });
    effects.woken.add(caller.instanceId);
  }

  #warnOfOrphan(id: string, { instanceId }: Caller): void {
    const status = this.#environment.store.instances.read(instanceId)?.status;
    if (status !== undefined && !FINAL.has(status)) return;
    this.#environment.log("warning", orphanWarning(id, instanceId));
  }
}

export function orphanWarning(entityId: string, instanceId: string): string {
  return `The entity ${entityId} stays locked for ever by instance ${instanceId}, which has ended without giving the lock back. Purge the entity.`;
}

function newEntity(id: string): Entity {
  return { id, exists: false, state: null, lockedBy: null, updatedAt: 0 };
}

function unchanged({ exists, state }: Entity): EntityAnswer {
  return { entityExists: exists, entityState: state, results: [], signals: [] };
}
