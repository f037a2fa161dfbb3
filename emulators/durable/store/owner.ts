import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Makes this process the only host of a data folder until disposed. The lock is the operating system's,
 * on a file of its own: it goes with its owner however that ends, and the task hub stays readable.
 * Throws, naming the owner, when another host has the folder.
 */
export function takeOwnership(folder: string): Disposable {
  mkdirSync(folder, { recursive: true });
  const note = join(folder, "owner.json");
  const lock = new DatabaseSync(join(folder, "owner.lock"));
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;");
  } catch (error) {
    lock.close();
    throw new Error(
      `Another Functions host${pidOf(note)} uses the data folder ${folder}. Stop it, or give this one another --data folder.`,
      { cause: error },
    );
  }
  writeFileSync(note, JSON.stringify({ pid: process.pid }));
  return { [Symbol.dispose]: () => lock.close() };
}

function pidOf(note: string): string {
  try {
    const { pid } = JSON.parse(readFileSync(note, "utf8")) as { pid: number };
    return ` (process ${pid})`;
  } catch {
    // The owner may not have written it yet.
    return "";
  }
}
