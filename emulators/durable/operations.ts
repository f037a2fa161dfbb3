import { randomUUID } from "node:crypto";
import { createInstance, newId } from "./create-instance.ts";
import type { Engine } from "./engine.ts";
import { type EntityId, entityIdText } from "./entity-id.ts";
import { queue, unknownEntity } from "./entity-sending.ts";
import { type Effects, type Environment, findName, noEffects } from "./environment.ts";
import { EventType, type HistoryEvent, historyEvent } from "./events.ts";
import { type Overview, readOverview } from "./overview.ts";
import { rewind } from "./rewind.ts";
import type { Entity, EntityFilter } from "./store/entities.ts";
import { FINAL, type Instance, type InstanceFilter } from "./store/instances.ts";

export type StartOutcome =
  | { readonly kind: "started"; readonly instance: Instance }
  | { readonly kind: "exists"; readonly status: string };

export type ControlOutcome = "accepted" | "unknown" | "finished" | { readonly refused: string };

/** What the durable client and the management API may do with instances. Each call is one transaction. */
export class Operations {
  readonly #environment: Environment;
  readonly #engine: Engine;

  constructor(environment: Environment, engine: Engine) {
    this.#environment = environment;
    this.#engine = engine;
  }

  /** An instance that has ended is replaced; one that has not is left alone, unless the settings allow it. */
  start(request: {
    readonly name: string;
    readonly id?: string | undefined;
    readonly input: string | null;
    readonly version?: string | null | undefined;
  }): StartOutcome {
    const { store, settings } = this.#environment;
    const id = request.id || newId();
    return this.#commit((effects) => {
      const status = store.instances.read(id)?.status;
      const isKept = settings.overridableExistingInstanceStates === "NonRunningStates";
      if (status !== undefined && !FINAL.has(status) && isKept) return { kind: "exists", status };
      this.#engine.forget(id);
      const { name, input } = request;
      const version = request.version ?? settings.defaultVersion;
      const start = { id, name, input, version, parent: null };
      return { kind: "started", instance: createInstance(this.#environment, effects, start) };
    });
  }

  read(id: string): Instance | undefined {
    return this.#environment.store.instances.read(id);
  }

  /** As `list` shows it: an entity looks like an instance that runs. */
  look(id: string): Instance | undefined {
    return this.#environment.store.instances.look(id);
  }

  /** Instances, and entities among them. */
  list(filter: InstanceFilter): readonly Instance[] {
    return this.#environment.store.instances.list(filter);
  }

  overview(): Overview {
    return readOverview(this.#environment);
  }

  history(id: string): readonly HistoryEvent[] {
    const { store } = this.#environment;
    return store.histories.read(id).map((text) => JSON.parse(text) as HistoryEvent);
  }

  /** Resolves when the instance has ended, at most `ms` later. */
  async ended(id: string, ms: number): Promise<void> {
    await this.#engine.ended(id, this.#environment.clock.now() + ms);
  }

  /** `input` is JSON text. */
  raiseEvent(id: string, name: string, input: string | null): ControlOutcome {
    return this.#tell(id, EventType.EventRaised, { Name: name, Input: input });
  }

  terminate(id: string, reason: string | null): ControlOutcome {
    return this.#tell(id, EventType.ExecutionTerminated, { Input: reason });
  }

  suspend(id: string, reason: string | null): ControlOutcome {
    const refused = this.#refusal(id, "suspend", (status) => status === "Suspended");
    return refused ?? this.#tell(id, EventType.ExecutionSuspended, { Reason: reason });
  }

  resume(id: string, reason: string | null): ControlOutcome {
    const refused = this.#refusal(id, "resume", (status) => status !== "Suspended");
    return refused ?? this.#tell(id, EventType.ExecutionResumed, { Reason: reason });
  }

  /** Only an instance that Failed. */
  rewind(id: string, reason: string): void {
    this.#engine.forget(id);
    this.#commit((effects) => rewind(this.#environment, effects, id, reason));
  }

  /** `input` is JSON text. Returns why not, if the app has no such entity. */
  signalEntity(entity: EntityId, name: string, input: string | null): string | undefined {
    const { worker } = this.#environment;
    if (!findName(worker.entities, entity.name)) {
      return unknownEntity(this.#environment, entity.name);
    }
    const id = randomUUID();
    const request = { kind: "operation", id, caller: null, name, input, isSignal: true } as const;
    this.#commit((effects) => queue(this.#environment, effects, entityIdText(entity), request));
    return undefined;
  }

  /** JSON text; undefined for an entity that does not exist. */
  readEntity(entity: EntityId): string | undefined {
    const found = this.#environment.store.entities.read(entityIdText(entity));
    return found?.exists ? (found.state ?? "null") : undefined;
  }

  listEntities(filter: EntityFilter): readonly Entity[] {
    return this.#environment.store.entities.list(filter);
  }

  /** Instances and entities, whatever their state; the caller decides which may go. */
  purge(ids: readonly string[]): void {
    const { store } = this.#environment;
    store.transaction(() => {
      for (const id of ids) {
        store.instances.remove(id);
        store.entities.remove(id);
      }
    });
    for (const id of ids) this.#engine.forget(id);
  }

  #refusal(id: string, verb: string, isRefused: (status: string) => boolean) {
    const status = this.read(id)?.status;
    if (status === undefined || FINAL.has(status) || !isRefused(status)) return undefined;
    return {
      refused: `Cannot ${verb} the orchestration instance ${id} because instance is in the ${status} state.`,
    };
  }

  #tell(id: string, type: number, fields: Readonly<Record<string, unknown>>): ControlOutcome {
    const { store, clock } = this.#environment;
    const status = this.read(id)?.status;
    if (status === undefined) return "unknown";
    if (FINAL.has(status)) return "finished";
    const now = clock.now();
    const event = historyEvent(type, now, fields);
    const message = { instanceId: id, executionId: null, visibleAt: now, taskId: null, event };
    this.#commit((effects) => {
      store.messages.insert(message);
      effects.woken.add(id);
    });
    return "accepted";
  }

  #commit<Result>(work: (effects: Effects) => Result): Result {
    const effects = noEffects();
    const result = this.#environment.store.transaction(() => work(effects));
    this.#engine.apply(effects);
    return result;
  }
}
