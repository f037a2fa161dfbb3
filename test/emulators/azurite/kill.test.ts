import { appendFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TableClient, TableServiceClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { expect, test } from "vitest";
import { type Azurite, startAzurite } from "#emulators/azurite/start-azurite.ts";
import { gone } from "#emulators/kit/processes.ts";

const folder = () => mkdtempSync(join(tmpdir(), "azurite-"));
const insecure = { allowInsecureConnection: true };
const onlyOnce = { retryOptions: { maxTries: 1 } };

function clientsOf({ connectionString }: Azurite) {
  return {
    bundles: BlobServiceClient.fromConnectionString(connectionString, onlyOnce).getContainerClient(
      "bundles",
    ),
    tables: TableServiceClient.fromConnectionString(connectionString, insecure),
    ledger: TableClient.fromConnectionString(connectionString, "ledger", insecure),
  };
}

async function kill({ pid }: Azurite): Promise<void> {
  process.kill(pid, "SIGKILL");
  expect(await gone([pid], 5_000)).toEqual([]);
}

type Clients = ReturnType<typeof clientsOf>;

const textOf = async (bundles: Clients["bundles"], name: string) =>
  (await bundles.getBlobClient(name).downloadToBuffer()).toString();

async function namesOf(items: AsyncIterable<{ readonly name?: string }>): Promise<unknown> {
  const names: unknown[] = [];
  for await (const { name } of items) names.push(name);
  return names;
}

async function statesOf(ledger: Clients["ledger"]): Promise<unknown> {
  const states: unknown[] = [];
  for await (const { rowKey, state } of ledger.listEntities()) states.push([rowKey, state]);
  return states;
}

test("what was answered a moment before a kill is there after it, and what was removed is not", async () => {
  const data = folder();
  const before = await startAzurite({ data });
  const { bundles, tables, ledger } = clientsOf(before);
  await bundles.create();
  for (const name of ["kept", "replaced", "removed"]) await bundles.uploadBlockBlob(name, "one", 3);
  await bundles.uploadBlockBlob("replaced", "two", 3);
  await bundles.deleteBlob("removed");
  for (const name of ["ledger", "dropped"]) await tables.createTable(name);
  await tables.deleteTable("dropped");
  for (const rowKey of ["a", "b", "c"]) {
    await ledger.createEntity({ partitionKey: "p", rowKey, state: "intended" });
  }
  await ledger.updateEntity({ partitionKey: "p", rowKey: "b", state: "created" }, "Replace");
  await ledger.deleteEntity("p", "c");

  await kill(before);
  await using after = await startAzurite({ data });

  const now = clientsOf(after);
  expect(await textOf(now.bundles, "kept")).toBe("one");
  expect(await textOf(now.bundles, "replaced")).toBe("two");
  expect(await namesOf(now.bundles.listBlobsFlat())).toEqual(["kept", "replaced"]);
  expect(await namesOf(now.tables.listTables())).toEqual(["ledger"]);
  expect(await statesOf(now.ledger)).toEqual([
    ["a", "intended"],
    ["b", "created"],
  ]);
});

test("a table that was made anew has nothing of the one before, killed twice over", async () => {
  const data = folder();
  const first = await startAzurite({ data });
  const { tables, ledger } = clientsOf(first);
  for (const rowKey of ["old", "new"]) {
    await tables.createTable("ledger");
    await ledger.createEntity({ partitionKey: "p", rowKey, state: "created" });
    if (rowKey === "old") await tables.deleteTable("ledger");
  }
  await kill(first);
  // As a kill in the middle of a write leaves it.
  appendFileSync(join(data, "__azurite_db_table__.json.journal"), '{"in":"devstore');
  const second = await startAzurite({ data });
  await clientsOf(second).ledger.createEntity({ partitionKey: "p", rowKey: "last", state: "kept" });

  await kill(second);
  await using third = await startAzurite({ data });

  expect(await statesOf(clientsOf(third).ledger)).toEqual([
    ["last", "kept"],
    ["new", "created"],
  ]);
});

test("whenever it is killed, every blob that was answered is whole", async () => {
  const data = folder();
  const answered: string[] = [];
  for (let life = 0; life < 2; life += 1) {
    const azurite = await startAzurite({ data });
    const { bundles } = clientsOf(azurite);
    await bundles.createIfNotExists();
    const writes = Array.from({ length: 200 }, async (_, index) => {
      const name = `${life}-${String(index).padStart(3, "0")}`;
      await bundles.uploadBlockBlob(name, name, name.length);
      answered.push(name);
      if (index === 20 * (life + 1)) process.kill(azurite.pid, "SIGKILL");
    });
    await Promise.allSettled(writes);
    expect(await gone([azurite.pid], 5_000)).toEqual([]);
  }
  await using azurite = await startAzurite({ data });
  const { bundles } = clientsOf(azurite);

  const contents = await Promise.all(answered.map((name) => textOf(bundles, name)));

  expect(answered.length).toBeGreaterThan(40);
  expect(contents).toEqual(answered);
});
