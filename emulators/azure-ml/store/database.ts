import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Opens or makes the file that holds everything that must survive a kill. */
export function openDatabase(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE IF NOT EXISTS documents (
      n INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      key TEXT NOT NULL COLLATE NOCASE,
      body TEXT NOT NULL,
      UNIQUE (kind, key)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS run_lines (
      run_id TEXT NOT NULL COLLATE NOCASE,
      line INTEGER NOT NULL,
      body TEXT NOT NULL,
      PRIMARY KEY (run_id, line)
    ) STRICT, WITHOUT ROWID;`);
  return database;
}
