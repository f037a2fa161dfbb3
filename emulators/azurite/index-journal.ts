import { createRequire } from "node:module";
import { type Change, type Document, Journal } from "./journal.ts";

/** What is used here of LokiJS, which Azurite keeps its indexes with. */
interface Collection {
  readonly name: string;
  data: Document[];
  maxId: number;
  /** Null until `ensureId` has built it. */
  idIndex: number[] | null;
  ensureId(): void;
  ensureAllIndexes(force: boolean): void;
  on(event: "insert" | "update" | "delete", hear: (changed: Document | Document[]) => void): void;
}

interface Database {
  readonly filename: string;
  addCollection(name: string, options?: object): Collection;
  removeCollection(name: string): void;
  getCollection(name: string): Collection | null;
  loadDatabase(options: object, done: (error?: unknown) => void): void;
  saveDatabaseInternal(done: (error?: unknown) => void): void;
}

/**
 * Azurite answers a write before it is in the index on disk, up to 5 s before. From here on each change is
 * first appended to `<index>.journal`; an index that is loaded gets what its journal has beyond it.
 */
export function keepIndexJournals(): void {
  const fromAzurite = createRequire(createRequire(import.meta.url).resolve("azurite/package.json"));
  const { prototype } = fromAzurite("lokijs") as { prototype: Database };
  const { addCollection, removeCollection, loadDatabase, saveDatabaseInternal } = prototype;
  const journals = new WeakMap<Database, Journal>();
  const loading = new WeakSet<Database>();
  const journalOf = (database: Database): Journal => {
    const journal = journals.get(database) ?? new Journal(`${database.filename}.journal`);
    journals.set(database, journal);
    return journal;
  };

  Object.assign(prototype, {
    addCollection(this: Database, name: string, options: object = {}) {
      const isNew = this.getCollection(name) === null;
      const collection = addCollection.call(this, name, options);
      if (isNew) noteChanges(collection, journalOf(this));
      if (isNew && !loading.has(this)) journalOf(this).append({ add: name, options });
      return collection;
    },
    removeCollection(this: Database, name: string) {
      if (!loading.has(this)) journalOf(this).append({ remove: name });
      removeCollection.call(this, name);
    },
    loadDatabase(this: Database, options: object, done: (error?: unknown) => void) {
      loading.add(this);
      loadDatabase.call(this, options, (error) => {
        if (!error) replay(this, journalOf(this).read());
        loading.delete(this);
        done(error);
      });
    },
    saveDatabaseInternal(this: Database, done: (error?: unknown) => void) {
      const saved = journalOf(this).length;
      saveDatabaseInternal.call(this, (error) => {
        if (!error) journalOf(this).forget(saved);
        done?.(error);
      });
    },
  });
}

function noteChanges(collection: Collection, journal: Journal): void {
  const { name } = collection;
  const put = (changed: Document | Document[]) => {
    for (const document of [changed].flat()) journal.append({ in: name, put: document });
  };
  collection.on("insert", put);
  collection.on("update", put);
  collection.on("delete", (gone) => {
    for (const { $loki } of [gone].flat()) journal.append({ in: name, drop: $loki });
  });
}

/** Changes say how things are after them, so that one which the index already has does no harm. */
function replay(database: Database, changes: readonly Change[]): void {
  const touched = new Map<string, Map<number, Document>>();
  const documentsOf = (name: string) => {
    const { data } = database.getCollection(name) ?? database.addCollection(name);
    const documents = touched.get(name) ?? new Map(data.map((one) => [one.$loki, one]));
    touched.set(name, documents);
    return documents;
  };
  const make = ({ add, options }: Extract<Change, { add: string }>) => {
    if (database.getCollection(add) === null) database.addCollection(add, options);
  };
  const remove = (name: string) => {
    if (database.getCollection(name) !== null) database.removeCollection(name);
    touched.delete(name);
  };
  for (const change of changes) {
    if ("add" in change) make(change);
    else if ("remove" in change) remove(change.remove);
    else if ("put" in change) documentsOf(change.in).set(change.put.$loki, change.put);
    else documentsOf(change.in).delete(change.drop);
  }
  for (const [name, documents] of touched) fill(database.getCollection(name), documents);
}

function fill(collection: Collection | null, documents: ReadonlyMap<number, Document>): void {
  if (collection === null) return;
  const ids = [...documents.keys()].toSorted((one, other) => one - other);
  collection.data = ids.flatMap((id) => documents.get(id) ?? []);
  collection.maxId = Math.max(collection.maxId, ...ids.slice(-1));
  collection.idIndex = null;
  collection.ensureId();
  collection.ensureAllIndexes(true);
}
