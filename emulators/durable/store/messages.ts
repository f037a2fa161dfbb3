import type { HistoryEvent } from "#emulators/durable/events.ts";
import type { Database } from "./schema.ts";

export interface Message {
  readonly n: number;
  readonly instanceId: string;
  /** Null: for whichever execution is there when it arrives. */
  readonly executionId: string | null;
  readonly visibleAt: number;
  /** The task that it completes, if it completes one. */
  readonly taskId: number | null;
  readonly event: HistoryEvent;
}

interface Row {
  n: number;
  instance_id: string;
  execution_id: string | null;
  visible_at: number;
  task_id: number | null;
  event: string;
}

/** What instances have yet to be told, in order of time. A timer is a message that is not visible yet. */
export class Messages {
  readonly #insert;
  readonly #due;
  readonly #delete;
  readonly #deleteTask;
  readonly #deleteAll;
  readonly #waiting;
  readonly #next;

  constructor({ sql }: Database) {
    this.#insert = sql.prepare(
      "INSERT INTO messages (instance_id, execution_id, visible_at, task_id, event) VALUES (?, ?, ?, ?, ?)",
    );
    this.#due = sql.prepare(
      "SELECT * FROM messages WHERE instance_id = ? AND visible_at <= ? ORDER BY visible_at, n",
    );
    this.#delete = sql.prepare("DELETE FROM messages WHERE n = ?");
    this.#deleteTask = sql.prepare("DELETE FROM messages WHERE instance_id = ? AND task_id = ?");
    this.#deleteAll = sql.prepare("DELETE FROM messages WHERE instance_id = ?");
    this.#waiting = sql.prepare(
      "SELECT DISTINCT instance_id FROM messages WHERE visible_at <= ? ORDER BY instance_id",
    );
    this.#next = sql.prepare("SELECT min(visible_at) AS at FROM messages WHERE visible_at > ?");
  }

  insert(message: Omit<Message, "n">): void {
    const { instanceId, executionId, visibleAt, taskId, event } = message;
    this.#insert.run(instanceId, executionId, visibleAt, taskId, JSON.stringify(event));
  }

  due(instanceId: string, now: number): Message[] {
    return (this.#due.all(instanceId, now) as unknown as Row[]).map((row) => ({
      n: row.n,
      instanceId: row.instance_id,
      executionId: row.execution_id,
      visibleAt: row.visible_at,
      taskId: row.task_id,
      event: JSON.parse(row.event) as HistoryEvent,
    }));
  }

  remove(n: number): void {
    this.#delete.run(n);
  }

  /** A cancelled timer is never heard of again. */
  removeTask(instanceId: string, taskId: number): void {
    this.#deleteTask.run(instanceId, taskId);
  }

  removeAll(instanceId: string): void {
    this.#deleteAll.run(instanceId);
  }

  /** Instances with something to hear by `now`. */
  waiting(now: number): readonly string[] {
    return (this.#waiting.all(now) as { instance_id: string }[]).map((row) => row.instance_id);
  }

  /** When the next message becomes visible, if one will. */
  nextAfter(now: number): number | undefined {
    return (this.#next.get(now) as { at: number | null }).at ?? undefined;
  }
}
