import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Documents of one kind by key; keys ignore case, as Azure's names do. */
export interface Collection<Document> {
  read(key: string): Document | undefined;
  write(key: string, document: Document): void;
  remove(key: string): void;
  /** In order of creation; `prefix` narrows to the keys that begin with it. */
  list(prefix?: string): Document[];
}

/** Everything that must survive a kill, in one SQLite file. */
export class Documents implements Disposable {
  readonly #database: DatabaseSync;

  /** `file` is a path, or `:memory:`. */
  constructor(file: string) {
    if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true });
    this.#database = new DatabaseSync(file);
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA busy_timeout = 5000;
      CREATE TABLE IF NOT EXISTS documents (
        n INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        key TEXT NOT NULL COLLATE NOCASE,
        body TEXT NOT NULL,
        UNIQUE (kind, key)
      ) STRICT;`);
  }

  collection<Document>(kind: string): Collection<Document> {
    const database = this.#database;
    const read = database.prepare("SELECT body FROM documents WHERE kind = ? AND key = ?");
    const write = database.prepare(
      `INSERT INTO documents (kind, key, body) VALUES (?, ?, ?)
       ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body`,
    );
    const remove = database.prepare("DELETE FROM documents WHERE kind = ? AND key = ?");
    const list = database.prepare(
      `SELECT body FROM documents
       WHERE kind = ? AND substr(key, 1, length(?)) = ? COLLATE NOCASE ORDER BY n`,
    );
    return {
      read(key) {
        const row = read.get(kind, key);
        return row && (JSON.parse(String(row.body)) as Document);
      },
      write(key, document) {
        write.run(kind, key, JSON.stringify(document));
      },
      remove(key) {
        remove.run(kind, key);
      },
      list(prefix = "") {
        return list
          .all(kind, prefix, prefix)
          .map((row) => JSON.parse(String(row.body)) as Document);
      },
    };
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
