import type { Database } from "./schema.ts";

/** Who asks, and is answered if it calls: an orchestration, or an entity without an execution. */
export interface Caller {
  readonly instanceId: string;
  readonly executionId: string | null;
}

export interface Operation {
  readonly kind: "operation";
  /** UUID; answers go by it. */
  readonly id: string;
  /** Null for a client. */
  readonly caller: Caller | null;
  readonly name: string;
  /** JSON text; null for none, empty where an entity signals without input. */
  readonly input: string | null;
  readonly isSignal: boolean;
}

/** Goes from entity to entity of the set, each locked before the next is asked. */
export interface LockRequest {
  readonly kind: "lock";
  readonly id: string;
  readonly caller: Caller;
  readonly lockSet: readonly string[];
  readonly position: number;
}

export interface Release {
  readonly kind: "release";
  readonly id: string;
  readonly caller: Caller;
}

export type EntityRequest = Operation | LockRequest | Release;

export type Queued<Request = EntityRequest> = Request & { readonly n: number };

/** What entities have yet to do, in order of arrival. */
export class EntityRequests {
  readonly #insert;
  readonly #of;
  readonly #delete;
  readonly #waiting;

  constructor({ sql }: Database) {
    this.#insert = sql.prepare("INSERT INTO entity_requests (entity_id, request) VALUES (?, ?)");
    this.#of = sql.prepare("SELECT n, request FROM entity_requests WHERE entity_id = ? ORDER BY n");
    this.#delete = sql.prepare("DELETE FROM entity_requests WHERE n = ?");
    this.#waiting = sql.prepare("SELECT DISTINCT entity_id AS id FROM entity_requests");
  }

  insert(entityId: string, request: EntityRequest): void {
    this.#insert.run(entityId, JSON.stringify(request));
  }

  of(entityId: string): readonly Queued[] {
    const rows = this.#of.all(entityId) as { n: number; request: string }[];
    return rows.map(({ n, request }) => ({ ...(JSON.parse(request) as EntityRequest), n }));
  }

  /** False when it was gone: the entity was purged. */
  remove(n: number): boolean {
    return this.#delete.run(n).changes > 0;
  }

  /** Ids of the entities that have something to do. */
  waiting(): readonly string[] {
    return (this.#waiting.all() as { id: string }[]).map(({ id }) => id);
  }
}
