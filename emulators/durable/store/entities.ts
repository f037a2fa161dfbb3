import type { Database } from "./schema.ts";

export interface Entity {
  /** `@name@key`. */
  readonly id: string;
  /** False before the first operation that leaves a state, and after the entity was deleted. */
  readonly exists: boolean;
  /** JSON text. */
  readonly state: string | null;
  /** Instance id of the orchestration that holds the lock. */
  readonly lockedBy: string | null;
  /** When its last batch ended. */
  readonly updatedAt: number;
}

export interface EntityFilter {
  readonly idPrefix?: string | undefined;
  readonly updatedFrom?: number | undefined;
  readonly updatedTo?: number | undefined;
  /** From this id on, in order of id. */
  readonly fromId?: string | undefined;
  readonly top: number;
}

interface Row {
  id: string;
  present: number;
  state: string | null;
  locked_by: string | null;
  updated_at: number;
}

/** What entities are between their batches; requests to them are in `EntityRequests`. */
export class Entities {
  readonly #read;
  readonly #write;
  readonly #lockedBy;
  readonly #list;
  readonly #delete;

  constructor({ sql }: Database) {
    this.#read = sql.prepare("SELECT * FROM entities WHERE id = ?");
    this.#write = sql.prepare("INSERT OR REPLACE INTO entities VALUES (?, ?, ?, ?, ?)");
    this.#lockedBy = sql.prepare("SELECT id FROM entities WHERE locked_by = ?");
    this.#list = sql.prepare(
      `SELECT * FROM entities WHERE present = 1 AND id >= ? AND substr(id, 1, length(?)) = ?
       AND updated_at >= ? AND updated_at <= ? ORDER BY id LIMIT ?`,
    );
    this.#delete = ["entity_requests WHERE entity_id", "entities WHERE id"].map((place) =>
      sql.prepare(`DELETE FROM ${place} = ?`),
    );
  }

  /** Removes the entity with all that it has yet to do. */
  remove(id: string): void {
    for (const statement of this.#delete) statement.run(id);
  }

  read(id: string): Entity | undefined {
    const row = this.#read.get(id) as Row | undefined;
    return row && entityOf(row);
  }

  write({ id, exists, state, lockedBy, updatedAt }: Entity): void {
    this.#write.run(id, exists ? 1 : 0, state, lockedBy, updatedAt);
  }

  /** Ids of the entities that an orchestration has locked. */
  lockedBy(instanceId: string): readonly string[] {
    return (this.#lockedBy.all(instanceId) as { id: string }[]).map(({ id }) => id);
  }

  /** Those that exist. */
  list({ idPrefix = "", updatedFrom, updatedTo, fromId = "", top }: EntityFilter): Entity[] {
    const from = updatedFrom ?? 0;
    const to = updatedTo ?? Number.MAX_SAFE_INTEGER;
    const rows = this.#list.all(fromId, idPrefix, idPrefix, from, to, top);
    return (rows as unknown as Row[]).map(entityOf);
  }
}

function entityOf(row: Row): Entity {
  return {
    id: row.id,
    exists: row.present === 1,
    state: row.state,
    lockedBy: row.locked_by,
    updatedAt: row.updated_at,
  };
}
