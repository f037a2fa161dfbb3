import type { Database } from "./schema.ts";

export interface ActivityWork {
  readonly n: number;
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly name: string;
  /** The text that the trigger gets; null means no input. */
  readonly input: string | null;
}

interface Row {
  n: number;
  instance_id: string;
  execution_id: string;
  task_id: number;
  name: string;
  input: string | null;
}

/** Activities that have yet to end; a row goes in the transaction that stores the result. */
export class ActivityQueue {
  readonly #insert;
  readonly #delete;
  readonly #read;

  constructor({ sql }: Database) {
    this.#insert = sql.prepare(
      "INSERT INTO activities (instance_id, execution_id, task_id, name, input) VALUES (?, ?, ?, ?, ?)",
    );
    this.#delete = sql.prepare("DELETE FROM activities WHERE n = ?");
    this.#read = sql.prepare("SELECT * FROM activities ORDER BY n");
  }

  insert(work: Omit<ActivityWork, "n">): ActivityWork {
    const { instanceId, executionId, taskId, name, input } = work;
    const { lastInsertRowid } = this.#insert.run(instanceId, executionId, taskId, name, input);
    return { ...work, n: Number(lastInsertRowid) };
  }

  /** False when the row was already gone: its instance was purged or started anew. */
  remove(n: number): boolean {
    return this.#delete.run(n).changes > 0;
  }

  all(): readonly ActivityWork[] {
    return (this.#read.all() as unknown as Row[]).map((row) => ({
      n: row.n,
      instanceId: row.instance_id,
      executionId: row.execution_id,
      taskId: row.task_id,
      name: row.name,
      input: row.input,
    }));
  }
}
