import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface BlobEvent {
  readonly n: number;
  readonly functionName: string;
  readonly container: string;
  readonly blob: string;
  /** The one of the event; empty if it named none. */
  readonly etag: string;
  /** Runs begun so far. */
  readonly tries: number;
}

/** An event before it is kept. */
export type NewBlobEvent = Omit<BlobEvent, "n" | "tries">;

export interface TimerState {
  /** Milliseconds since the epoch; 0 for never. */
  readonly last: number;
  readonly next: number;
  readonly updated: number;
}

const TABLES = `
  PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS blob_events (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    function_name TEXT NOT NULL,
    container TEXT NOT NULL,
    blob TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    etag TEXT NOT NULL DEFAULT ''
  ) STRICT;
  CREATE TABLE IF NOT EXISTS blob_receipts (
    function_name TEXT NOT NULL,
    container TEXT NOT NULL,
    blob TEXT NOT NULL,
    etag TEXT NOT NULL,
    PRIMARY KEY (function_name, container, blob, etag)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS poison (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    function_name TEXT NOT NULL,
    message TEXT NOT NULL,
    error TEXT NOT NULL,
    at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS timers (
    function_name TEXT PRIMARY KEY,
    last INTEGER NOT NULL,
    next INTEGER NOT NULL,
    updated INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** What triggers must not forget: blob events on their way, events given up, and when timers ran. */
export class HostStore {
  readonly #sql: DatabaseSync;

  /** The caller owns the folder. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#sql = new DatabaseSync(join(folder, "triggers.sqlite"));
    this.#sql.exec(TABLES);
    this.#addMissingColumn();
  }

  close(): void {
    this.#sql.close();
  }

  addBlobEvent(event: NewBlobEvent): void {
    const { functionName, container, blob, etag } = event;
    this.#sql
      .prepare("INSERT INTO blob_events (function_name, container, blob, etag) VALUES (?, ?, ?, ?)")
      .run(functionName, container, blob, etag);
  }

  /** Keeps each event unless its function had one for this version of the blob; all of them or none. */
  addNewBlobEvents(events: readonly NewBlobEvent[]): void {
    const receipt = this.#sql.prepare("INSERT OR IGNORE INTO blob_receipts VALUES (?, ?, ?, ?)");
    this.#inTransaction(() => {
      for (const event of events) {
        const { functionName, container, blob, etag } = event;
        const { changes } = receipt.run(functionName, container, blob, etag);
        if (changes > 0) this.addBlobEvent(event);
      }
    });
  }

  /** The oldest ones; all of them without a limit. */
  blobEvents(limit = -1): readonly BlobEvent[] {
    const rows = this.#sql.prepare("SELECT * FROM blob_events ORDER BY n LIMIT ?").all(limit);
    return rows.map((row) => ({
      n: Number(row.n),
      functionName: String(row.function_name),
      container: String(row.container),
      blob: String(row.blob),
      etag: String(row.etag),
      tries: Number(row.tries),
    }));
  }

  /** Counted before the run, so that an event that kills the host is given up too. */
  countTry(n: number): void {
    this.#sql.prepare("UPDATE blob_events SET tries = tries + 1 WHERE n = ?").run(n);
  }

  removeBlobEvent(n: number): void {
    this.#sql.prepare("DELETE FROM blob_events WHERE n = ?").run(n);
  }

  /** Moves an event to the poison table. */
  giveUp(event: BlobEvent, message: string, error: string, at: number): void {
    this.#inTransaction(() => {
      this.#sql
        .prepare("INSERT INTO poison (function_name, message, error, at) VALUES (?, ?, ?, ?)")
        .run(event.functionName, message, error, new Date(at).toISOString());
      this.removeBlobEvent(event.n);
    });
  }

  timer(functionName: string): TimerState | undefined {
    const row = this.#sql.prepare("SELECT * FROM timers WHERE function_name = ?").get(functionName);
    return row && { last: Number(row.last), next: Number(row.next), updated: Number(row.updated) };
  }

  setTimer(functionName: string, { last, next, updated }: TimerState): void {
    this.#sql
      .prepare("INSERT OR REPLACE INTO timers VALUES (?, ?, ?, ?)")
      .run(functionName, last, next, updated);
  }

  #inTransaction(write: () => void): void {
    this.#sql.exec("BEGIN IMMEDIATE");
    try {
      write();
      this.#sql.exec("COMMIT");
    } catch (error) {
      this.#sql.exec("ROLLBACK");
      throw error;
    }
  }

  /** A data folder may be older than this code. */
  #addMissingColumn(): void {
    const columns = this.#sql.prepare("PRAGMA table_info(blob_events)").all();
    if (columns.some(({ name }) => name === "etag")) return;
    this.#sql.exec("ALTER TABLE blob_events ADD COLUMN etag TEXT NOT NULL DEFAULT ''");
  }
}
