import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** An event on its way to one endpoint; it outlives a restart until it was accepted or given up. */
export interface Delivery {
  readonly id: number;
  /** Null for the system topic, which has one fixed endpoint. */
  readonly subscription: string | null;
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, as it goes over the wire. */
  readonly body: string;
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly firstAt: number;
}

export type NewDelivery = Omit<Delivery, "id" | "attempts">;

export interface Subscription {
  readonly id: string;
  readonly topic: string;
  readonly endpoint: string;
  /** Empty: every type. */
  readonly includedEventTypes: readonly string[];
  readonly maxDeliveryAttempts: number;
  readonly eventTimeToLiveInMinutes: number;
}

export interface DeadLetter {
  readonly subscription: string;
  readonly event: unknown;
  readonly deadLetterReason: string;
  readonly deliveryAttempts: number;
  readonly lastDeliveryOutcome: string;
  readonly publishTime: string;
  readonly lastDeliveryAttemptTime: string;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (n INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS subscriptions (id TEXT PRIMARY KEY, topic TEXT NOT NULL, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS deliveries (id INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT, endpoint TEXT NOT NULL,
    headers TEXT NOT NULL, body TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, first_at INTEGER NOT NULL, due_at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS dead_letters (n INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS blobs (container TEXT NOT NULL, name TEXT NOT NULL, etag TEXT NOT NULL, PRIMARY KEY (container, name)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS watches (container TEXT PRIMARY KEY);
`;

const NOT_IN = "id NOT IN (SELECT value FROM json_each(?))";

export class EventGridStore implements Disposable {
  readonly #db: DatabaseSync;

  /** Without a folder everything is kept in memory. */
  constructor(folder?: string) {
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
    this.#db = new DatabaseSync(folder === undefined ? ":memory:" : join(folder, "event-grid.db"));
    this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${SCHEMA}`);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  /** All of it or nothing; a crash in between leaves no half. */
  transaction<Result>(work: () => Result): Result {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  addEvent(topic: string, event: unknown): void {
    this.#run("INSERT INTO events (topic, body) VALUES (?, ?)", topic, JSON.stringify(event));
  }

  /** In order of receipt. */
  events(): unknown[] {
    return this.#all("SELECT body FROM events ORDER BY n").map(({ body }) => parsed(body));
  }

  putSubscription(subscription: Subscription): void {
    const { id, topic } = subscription;
    const sql = "INSERT OR REPLACE INTO subscriptions (id, topic, body) VALUES (?, ?, ?)";
    this.#run(sql, id, topic, JSON.stringify(subscription));
  }

  /** What was still on its way to it is dropped. */
  removeSubscription(id: string): boolean {
    this.#run("DELETE FROM deliveries WHERE subscription = ?", id);
    return this.#run("DELETE FROM subscriptions WHERE id = ?", id) > 0;
  }

  subscriptions(): Subscription[] {
    const rows = this.#all("SELECT body FROM subscriptions ORDER BY rowid");
    return rows.map(({ body }) => parsed(body) as Subscription);
  }

  addDelivery({ subscription, endpoint, headers, body, firstAt }: NewDelivery): void {
    const sql =
      "INSERT INTO deliveries (subscription, endpoint, headers, body, first_at, due_at) VALUES (?, ?, ?, ?, ?, ?)";
    this.#run(sql, subscription, endpoint, JSON.stringify(headers), body, firstAt, firstAt);
  }

  /** Those of them due at `now`, the longest waiting first. */
  dueDeliveries(now: number, limit: number, except: readonly number[] = []): Delivery[] {
    const sql = `SELECT * FROM deliveries WHERE due_at <= ? AND ${NOT_IN} ORDER BY due_at, id LIMIT ?`;
    return this.#all(sql, now, JSON.stringify(except), limit).map(toDelivery);
  }

  /** All that are on their way. */
  deliveries(): Delivery[] {
    return this.#all("SELECT * FROM deliveries ORDER BY id").map(toDelivery);
  }

  /** Undefined when nothing else is on its way. */
  nextDueAt(except: readonly number[] = []): number | undefined {
    const sql = `SELECT MIN(due_at) AS due FROM deliveries WHERE ${NOT_IN}`;
    const due = this.#all(sql, JSON.stringify(except))[0]?.due;
    return due === null || due === undefined ? undefined : Number(due);
  }

  postponeDelivery(id: number, attempts: number, dueAt: number): void {
    const sql = "UPDATE deliveries SET attempts = ?, due_at = ? WHERE id = ?";
    this.#run(sql, attempts, dueAt, id);
  }

  removeDelivery(id: number): void {
    this.#run("DELETE FROM deliveries WHERE id = ?", id);
  }

  addDeadLetter(letter: DeadLetter): void {
    this.#run("INSERT INTO dead_letters (body) VALUES (?)", JSON.stringify(letter));
  }

  deadLetters(): DeadLetter[] {
    const rows = this.#all("SELECT body FROM dead_letters ORDER BY n");
    return rows.map(({ body }) => parsed(body) as DeadLetter);
  }

  /** True once the container was listed for the first time. */
  isWatching(container: string): boolean {
    return this.#all("SELECT 1 FROM watches WHERE container = ?", container).length > 0;
  }

  startWatching(container: string): void {
    this.#run("INSERT OR IGNORE INTO watches (container) VALUES (?)", container);
  }

  /** Name → ETag of every blob already told about. */
  knownBlobs(container: string): Map<string, string> {
    const rows = this.#all("SELECT name, etag FROM blobs WHERE container = ?", container);
    return new Map(rows.map(({ name, etag }) => [String(name), String(etag)]));
  }

  rememberBlob(container: string, name: string, etag: string): void {
    const sql = "INSERT OR REPLACE INTO blobs (container, name, etag) VALUES (?, ?, ?)";
    this.#run(sql, container, name, etag);
  }

  forgetBlob(container: string, name: string): void {
    this.#run("DELETE FROM blobs WHERE container = ? AND name = ?", container, name);
  }

  #run(sql: string, ...values: (string | number | null)[]): number {
    return Number(this.#db.prepare(sql).run(...values).changes);
  }

  #all(sql: string, ...values: (string | number | null)[]) {
    return this.#db.prepare(sql).all(...values);
  }
}

function toDelivery(row: Record<string, unknown>): Delivery {
  return {
    id: Number(row.id),
    subscription: row.subscription === null ? null : String(row.subscription),
    endpoint: String(row.endpoint),
    headers: parsed(row.headers) as Record<string, string>,
    body: String(row.body),
    attempts: Number(row.attempts),
    firstAt: Number(row.first_at),
  };
}

function parsed(value: unknown): unknown {
  return JSON.parse(String(value));
}
