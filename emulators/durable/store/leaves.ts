import type { Database } from "./schema.ts";

/** One action that the orchestrator's code asked for. */
export interface Leaf {
  readonly kind: string;
  /** Function or event; empty for a timer. */
  readonly name: string;
  /** Null where the action takes no number, such as a wait for an event. */
  readonly taskId: number | null;
  /** `rewound` asks for it to be scheduled again under the same number. */
  readonly state: "scheduled" | "rewound";
}

/** All actions of an execution since its beginning, in order: what a replay must ask for again. */
export class Leaves {
  readonly #read;
  readonly #write;
  readonly #deleteAll;

  constructor({ sql }: Database) {
    this.#read = sql.prepare(
      "SELECT kind, name, task_id, state FROM leaves WHERE instance_id = ? ORDER BY n",
    );
    this.#write = sql.prepare("INSERT OR REPLACE INTO leaves VALUES (?, ?, ?, ?, ?, ?)");
    this.#deleteAll = sql.prepare("DELETE FROM leaves WHERE instance_id = ?");
  }

  read(instanceId: string): Leaf[] {
    const rows = this.#read.all(instanceId) as {
      kind: string;
      name: string;
      task_id: number | null;
      state: Leaf["state"];
    }[];
    return rows.map(({ kind, name, task_id: taskId, state }) => ({ kind, name, taskId, state }));
  }

  write(instanceId: string, n: number, { kind, name, taskId, state }: Leaf): void {
    this.#write.run(instanceId, n, kind, name, taskId, state);
  }

  clear(instanceId: string): void {
    this.#deleteAll.run(instanceId);
  }
}
