import type { DatabaseSync } from "node:sqlite";

/** Documents of one kind by key; keys ignore case, as Azure's names do. */
export interface Collection<Document> {
  read(key: string): Document | undefined;
  write(key: string, document: Document): void;
  remove(key: string): void;
  /** In order of creation; `prefix` narrows to the keys that begin with it. */
  list(prefix?: string): Document[];
}

/** Resources and runs, each one JSON document. */
export class Documents {
  readonly #database: DatabaseSync;
  readonly #collections = new Map<string, Collection<unknown>>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  collection<Document>(kind: string): Collection<Document> {
    const known = this.#collections.get(kind) ?? this.#open(kind);
    this.#collections.set(kind, known);
    return known as Collection<Document>;
  }

  #open(kind: string): Collection<unknown> {
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
        return row && JSON.parse(String(row.body));
      },
      write(key, document) {
        write.run(kind, key, JSON.stringify(document));
      },
      remove(key) {
        remove.run(kind, key);
      },
      list(prefix = "") {
        return list.all(kind, prefix, prefix).map((row) => JSON.parse(String(row.body)));
      },
    };
  }
}
