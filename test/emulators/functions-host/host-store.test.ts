import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { HostStore } from "#emulators/functions-host/host-store.ts";

test("events kept by an older host are read without an ETag", async () => {
  const folder = await mkdtemp(join(tmpdir(), "functions-host-"));
  const sql = new DatabaseSync(join(folder, "triggers.sqlite"));
  sql.exec(`CREATE TABLE blob_events (n INTEGER PRIMARY KEY AUTOINCREMENT, function_name TEXT NOT NULL,
    container TEXT NOT NULL, blob TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0) STRICT;
    INSERT INTO blob_events (function_name, container, blob) VALUES ('f', 'c', 'b')`);
  sql.close();
  const store = new HostStore(folder);
  const kept = { functionName: "f", container: "c", blob: "b", tries: 0 };
  expect(store.blobEvents()).toEqual([{ n: 1, ...kept, etag: "" }]);
  store.close();
  await rm(folder, { recursive: true });
});
