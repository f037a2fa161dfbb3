import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "./database.ts";
import { Documents } from "./documents.ts";

/** Where a workspace keeps what is its own. */
export interface WorkspaceStore {
  readonly folder: string;
  readonly database: DatabaseSync;
}

/** The data folder of all workspaces. */
export interface Stores extends Disposable {
  /** What lies outside of workspaces. */
  readonly shared: Documents;
  of(workspaceId: string): WorkspaceStore;
}

/**
 * The first workspace that a data folder ever had keeps its own in the folder itself, beside what is shared; every
 * other one has a folder of its own in `workspaces/`.
 */
export function openStores(folder: string, firstId: string): Stores {
  const database = openDatabase(join(folder, "azure-ml.sqlite"));
  const shared = new Documents(database);
  const homes = shared.collection<{ readonly workspaceId: string }>("home");
  const home = homes.read("home") ?? { workspaceId: firstId };
  homes.write("home", home);
  const opened = [database];
  return {
    shared,
    of(workspaceId) {
      if (workspaceId === home.workspaceId) return { folder, database };
      const own = join(folder, "workspaces", workspaceId);
      const store = { folder: own, database: openDatabase(join(own, "azure-ml.sqlite")) };
      opened.push(store.database);
      return store;
    },
    [Symbol.dispose]() {
      for (const one of opened) one.close();
    },
  };
}
