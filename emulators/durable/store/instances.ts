import type { SQLInputValue } from "node:sqlite";
import type { Database } from "./schema.ts";

export type RuntimeStatus =
  | "Pending"
  | "Running"
  | "Suspended"
  | "Completed"
  | "Failed"
  | "Terminated";

/** What an instance may end as; it then stays so until it is started anew, rewound or purged. */
export const FINAL: ReadonlySet<string> = new Set(["Completed", "Failed", "Terminated"]);

export interface Parent {
  readonly instanceId: string;
  readonly executionId: string;
  readonly name: string;
  readonly taskId: number;
}

export interface Instance {
  readonly id: string;
  readonly executionId: string;
  /** As the starter spelled it. */
  readonly name: string;
  readonly version: string | null;
  /** JSON text. */
  readonly input: string | null;
  readonly parent: Parent | null;
  readonly status: RuntimeStatus;
  /** JSON text, or plain text for a failure or a reason. */
  readonly output: string | null;
  /** JSON text. */
  readonly customStatus: string | null;
  /** Milliseconds since the epoch, as all times here. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly nextTaskId: number;
}

export interface InstanceFilter {
  readonly createdFrom?: number | undefined;
  readonly createdTo?: number | undefined;
  /** Empty means all. */
  readonly statuses?: readonly string[];
  readonly idPrefix?: string | undefined;
  /** Ids after this one, in order of id. */
  readonly fromId?: string | undefined;
  readonly top?: number;
  /** By last change instead of id. */
  readonly latestFirst?: boolean;
}

/** Among the instances of a list entities are those without an execution. */
export function isEntity({ executionId }: Instance): boolean {
  return executionId === "";
}

type Row = Record<string, string | number | null>;

export class Instances {
  readonly #db: Database;
  readonly #read;
  readonly #look;
  readonly #write;
  readonly #delete;

  constructor(db: Database) {
    this.#db = db;
    this.#read = db.sql.prepare("SELECT * FROM instances WHERE id = ?");
    this.#look = db.sql.prepare("SELECT * FROM listed WHERE id = ?");
    this.#write = db.sql.prepare(
      "INSERT OR REPLACE INTO instances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#delete = [
      ...["history", "messages", "leaves", "tasks", "activities"].map(
        (table) => `${table} WHERE instance_id`,
      ),
      "instances WHERE id",
    ].map((place) => db.sql.prepare(`DELETE FROM ${place} = ?`));
  }

  read(id: string): Instance | undefined {
    const row = this.#read.get(id) as Row | undefined;
    return row && instanceOf(row);
  }

  /** As a list shows it: an entity looks like an instance that runs. */
  look(id: string): Instance | undefined {
    const known = this.read(id);
    if (known) return known;
    const row = this.#look.get(id) as Row | undefined;
    return row && instanceOf(row);
  }

  write(instance: Instance): void {
    const { parent } = instance;
    this.#write.run(
      instance.id,
      instance.executionId,
      instance.name,
      instance.version,
      instance.input,
      parent && JSON.stringify(parent),
      instance.status,
      instance.output,
      instance.customStatus,
      instance.createdAt,
      instance.updatedAt,
      instance.nextTaskId,
    );
  }

  /** Removes the instance with all that belongs to it. */
  remove(id: string): void {
    for (const statement of this.#delete) statement.run(id);
  }

  /** Instances, and entities among them. */
  list(filter: InstanceFilter): readonly Instance[] {
    const conditions: string[] = [];
    const values: SQLInputValue[] = [];
    const add = (condition: string, ...more: SQLInputValue[]) => {
      conditions.push(condition);
      values.push(...more);
    };
    if (filter.createdFrom !== undefined) add("created_at >= ?", filter.createdFrom);
    if (filter.createdTo !== undefined) add("created_at <= ?", filter.createdTo);
    if (filter.fromId !== undefined) add("id >= ?", filter.fromId);
    if (filter.idPrefix) add("substr(id, 1, ?) = ?", filter.idPrefix.length, filter.idPrefix);
    if (filter.statuses?.length) {
      add(`status IN (${filter.statuses.map(() => "?").join(",")})`, ...filter.statuses);
    }
    const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
    const order = filter.latestFirst ? "updated_at DESC, id" : "id";
    const rows = this.#db.sql
      .prepare(`SELECT * FROM listed ${where} ORDER BY ${order} LIMIT ?`)
      .all(...values, filter.top ?? -1);
    return (rows as Row[]).map(instanceOf);
  }
}

function instanceOf(row: Row): Instance {
  return {
    id: String(row.id),
    executionId: String(row.execution_id),
    name: String(row.name),
    version: text(row.version),
    input: text(row.input),
    parent: row.parent ? (JSON.parse(String(row.parent)) as Parent) : null,
    status: String(row.status) as RuntimeStatus,
    output: text(row.output),
    customStatus: text(row.custom_status),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    nextTaskId: Number(row.next_task_id),
  };
}

function text(value: string | number | null | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
