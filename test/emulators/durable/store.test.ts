import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { historyEvent } from "#emulators/durable/events.ts";
import type { Instance } from "#emulators/durable/store/instances.ts";
import { openStore } from "#emulators/durable/store/store.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const anInstance = (changes: Partial<Instance>): Instance => ({
  id: "one",
  executionId: "e1",
  name: "main",
  version: null,
  input: '{"a":1}',
  parent: null,
  status: "Running",
  output: null,
  customStatus: null,
  createdAt: 1000,
  updatedAt: 2000,
  nextTaskId: 3,
  ...changes,
});

test("an instance is read as it was written, also after the store was closed", () => {
  const parent = { instanceId: "p", executionId: "pe", name: "above", taskId: 4 };
  const instance = anInstance({ parent, version: "1.0" });
  {
    using store = openStore(folder);
    store.instances.write(instance);
  }
  using store = openStore(folder);
  expect(store.instances.read("one")).toEqual(instance);
  expect(store.instances.read("two")).toBeUndefined();
});

test("a list is filtered by time, status and prefix, in order of id", () => {
  using store = openStore(folder);
  store.instances.write(anInstance({ id: "b", createdAt: 1 }));
  store.instances.write(anInstance({ id: "a", createdAt: 2, status: "Failed" }));
  store.instances.write(anInstance({ id: "ab", createdAt: 3 }));
  const ids = (filter: object) => store.instances.list(filter).map(({ id }) => id);
  expect(ids({})).toEqual(["a", "ab", "b"]);
  expect(ids({ createdFrom: 2, createdTo: 2 })).toEqual(["a"]);
  expect(ids({ statuses: ["Failed", "Pending"] })).toEqual(["a"]);
  expect(ids({ idPrefix: "a" })).toEqual(["a", "ab"]);
  expect(ids({ fromId: "ab", top: 1 })).toEqual(["ab"]);
});

test("messages come in order of time, and only when they are visible", () => {
  using store = openStore(folder);
  const message = { instanceId: "one", executionId: null, taskId: null };
  for (const visibleAt of [30, 10, 20, 99]) {
    const event = historyEvent(15, visibleAt, { Name: `at ${visibleAt}` });
    store.messages.insert({ ...message, visibleAt, event });
  }
  expect(store.messages.due("one", 30).map(({ event }) => event.Name)).toEqual([
    "at 10",
    "at 20",
    "at 30",
  ]);
  expect(store.messages.nextAfter(30)).toBe(99);
  expect(store.messages.nextAfter(99)).toBeUndefined();
  expect(store.messages.waiting(5)).toEqual([]);
  expect(store.messages.waiting(10)).toEqual(["one"]);
});

test("what fails in a transaction leaves nothing behind", () => {
  using store = openStore(folder);
  const broken = () =>
    store.transaction(() => {
      store.instances.write(anInstance({}));
      throw new Error("no");
    });
  expect(broken).toThrow("no");
  expect(store.instances.read("one")).toBeUndefined();
});

test("a task hub of a newer emulator is refused and left alone", () => {
  openStore(folder)[Symbol.dispose]();
  const sql = new DatabaseSync(join(folder, "durable.sqlite"));
  sql.exec("PRAGMA user_version = 99");
  sql.close();
  expect(() => openStore(folder)).toThrow("was written by a newer version of this emulator");
  // The refusal does not keep the folder.
  expect(() => openStore(folder)).toThrow("was written by a newer version of this emulator");
});
