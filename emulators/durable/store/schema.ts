import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const SCHEMA_VERSION = 2;

const TABLES = `
  CREATE TABLE IF NOT EXISTS instances (
    id TEXT PRIMARY KEY,
    execution_id TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT,
    input TEXT,
    parent TEXT,
    status TEXT NOT NULL,
    output TEXT,
    custom_status TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    next_task_id INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS instances_by_creation ON instances (created_at, id);

  CREATE TABLE IF NOT EXISTS history (
    instance_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (instance_id, n)
  ) STRICT, WITHOUT ROWID;

  -- What an instance has yet to be told. execution_id is null for what any execution may take.
  CREATE TABLE IF NOT EXISTS messages (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id TEXT NOT NULL,
    execution_id TEXT,
    visible_at INTEGER NOT NULL,
    task_id INTEGER,
    event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS messages_by_instance ON messages (instance_id, visible_at, n);
  CREATE INDEX IF NOT EXISTS messages_by_time ON messages (visible_at);

  -- What the orchestrator's code has asked for since its beginning, in order.
  CREATE TABLE IF NOT EXISTS leaves (
    instance_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    task_id INTEGER,
    state TEXT NOT NULL,
    PRIMARY KEY (instance_id, n)
  ) STRICT, WITHOUT ROWID;

  -- What has been scheduled and has not ended.
  CREATE TABLE IF NOT EXISTS tasks (
    instance_id TEXT NOT NULL,
    task_id INTEGER NOT NULL,
    task TEXT NOT NULL,
    PRIMARY KEY (instance_id, task_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS activities (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    task_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    input TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS activities_by_instance ON activities (instance_id);

  CREATE TABLE IF NOT EXISTS entities (
    id TEXT PRIMARY KEY,
    present INTEGER NOT NULL,
    state TEXT,
    locked_by TEXT,
    updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS entities_by_lock ON entities (locked_by) WHERE locked_by IS NOT NULL;

  -- What an entity has yet to do.
  CREATE TABLE IF NOT EXISTS entity_requests (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    entity_id TEXT NOT NULL,
    request TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS entity_requests_by_entity ON entity_requests (entity_id, n);

  -- To Azure an entity is an orchestration that starts anew after each batch, and is listed as one that runs.
  CREATE TEMP VIEW listed AS
    SELECT * FROM instances
    UNION ALL
    SELECT id, '', id, '',
      json_patch('{}', json_object('exists', iif(present, json('true'), NULL), 'state', state, 'lockedBy', locked_by)),
      NULL, 'Running', NULL,
      json_patch('{}', json_object('entityExists', iif(present, json('true'), NULL), 'lockedBy', locked_by)),
      updated_at, updated_at, 0
    FROM entities;
`;

export interface Database extends Disposable {
  readonly sql: DatabaseSync;
  /** Runs `work` in one transaction; what it throws undoes everything. */
  transaction<Result>(work: () => Result): Result;
}

/**
 * Opens (and creates) the task hub in `folder`. Rejects a file that a newer emulator wrote.
 * `synchronous = NORMAL` survives the death of the process at any moment; only a power cut may lose the last turns.
 */
export function openDatabase(folder: string): Database {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "durable.sqlite");
  const sql = new DatabaseSync(file);
  sql.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;");
  const { user_version: version } = sql.prepare("PRAGMA user_version").get() as {
    user_version: number;
  };
  if (version > SCHEMA_VERSION) {
    sql.close();
    throw new Error(
      `${file} was written by a newer version of this emulator (schema ${version}, known ${SCHEMA_VERSION}). Use another data folder or remove it.`,
    );
  }
  sql.exec(`${TABLES} PRAGMA user_version = ${SCHEMA_VERSION};`);
  return {
    sql,
    transaction(work) {
      sql.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        sql.exec("COMMIT");
        return result;
      } catch (error) {
        sql.exec("ROLLBACK");
        throw error;
      }
    },
    [Symbol.dispose]: () => sql.close(),
  };
}
