import type { Database } from "./schema.ts";

/** The history of one execution per instance, as JSON texts in order. */
export class Histories {
  readonly #read;
  readonly #append;
  readonly #delete;
  readonly #replace;

  constructor(db: Database) {
    this.#read = db.sql.prepare("SELECT event FROM history WHERE instance_id = ? ORDER BY n");
    this.#append = db.sql.prepare("INSERT INTO history VALUES (?, ?, ?)");
    this.#delete = db.sql.prepare("DELETE FROM history WHERE instance_id = ?");
    this.#replace = db.sql.prepare("UPDATE history SET event = ? WHERE instance_id = ? AND n = ?");
  }

  read(instanceId: string): string[] {
    return (this.#read.all(instanceId) as { event: string }[]).map(({ event }) => event);
  }

  /** `from` is how many events there are already. */
  append(instanceId: string, from: number, events: readonly string[]): void {
    for (const [index, event] of events.entries()) {
      this.#append.run(instanceId, from + index, event);
    }
  }

  replace(instanceId: string, n: number, event: string): void {
    this.#replace.run(event, instanceId, n);
  }

  clear(instanceId: string): void {
    this.#delete.run(instanceId);
  }
}
