import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { connectStorage } from "#azure/storage/connect.ts";
import { createResults } from "#azure/storage/results.ts";
import { createRows } from "#azure/storage/rows.ts";
import type { Row } from "#domain/pipeline.ts";
import { type BuiltApp, startBuiltApp } from "#kit/built-app.ts";
import { aPipeline } from "#kit/pipelines.ts";
import { type StorageLink, startStorageLink } from "#kit/storage-link.ts";

const MIB = 1024 * 1024;
const ROWS = 60_000;
/** Of a row; loopback holds some MiB on the way, and the file has to be larger than that. */
const TEXT = "maidenhair ".repeat(100);
const JSON_LINES = { accept: "application/jsonl" };

const { storage: account } = inject("stack");
const { id } = aPipeline({ id: "streamed-0123456789ab" });

let link: StorageLink;
let app: BuiltApp;
beforeAll(async () => {
  const storage = connectStorage(
    { connectionString: account },
    { getToken: () => Promise.resolve(null) },
  );
  await createResults(storage).mergePipeline(aPipeline({ id, app: "streamed" }));
  const rows = createRows(storage);
  await rows.writePart(id, 0, 0, Readable.from(allRows()));
  await rows.publish(id, 1, 1);
  link = await startStorageLink(account);
  app = await startBuiltApp(link.connectionString);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await link[Symbol.asyncDispose]();
});

function* allRows(): Generator<readonly Row[]> {
  for (let line = 0; line < ROWS; line += 1) {
    const outcome = line % 1_000 === 0 ? "incorrect" : "correct";
    yield [{ line, outcome, inputs: { text: TEXT }, outputs: null, grade: null, error: null }];
  }
}

const lines = (query = "", init: RequestInit = {}) =>
  fetch(`${app.url}/api/pipelines/${id}/rows${query}`, { headers: JSON_LINES, ...init });

test("all rows are lines, in the order of the dataset", async () => {
  const response = await lines();
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/jsonl");
  const found = (await response.text()).split("\n");

  expect(found.pop()).toBe("");
  expect(found.map((line) => (JSON.parse(line) as Row).line)).toEqual([
    ...Array.from({ length: ROWS }).keys(),
  ]);
});

test("lines of one outcome", async () => {
  const found = (await (await lines("?outcome=incorrect")).text()).trimEnd().split("\n");

  expect(found.map((line) => (JSON.parse(line) as Row).line)).toEqual(
    Array.from({ length: 60 }, (_, n) => n * 1_000),
  );
});

test.each(["", "?outcome=correct"])(
  "nothing is read on for a caller who has gone%s",
  async (query) => {
    const hangUp = new AbortController();
    const before = app.log().length;
    // The first lines are more than everything else that is read from storage.
    const stopped = link.ended(MIB / 64);
    const response = await lines(query, { signal: hangUp.signal });
    await response.body?.getReader().read();
    hangUp.abort();

    expect(await stopped).toBeLessThan(40 * MIB);
    expect((await fetch(`${app.url}/api/health`)).status).toBe(200);
    expect(app.log().slice(before)).not.toMatch(/error|warn/i);
  },
);

test("storage that fails half-way breaks the answer off, and is a 503 to whoever asks then", async () => {
  link.cutAfter(20 * MIB);
  const response = await lines();

  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow("terminated");
  expect(app.log().match(/getRows failed while its answer was on its way/g)).toHaveLength(1);

  const late = await lines();
  expect(late.status).toBe(503);
  expect(await late.json()).toMatchObject({ code: "AZURE_BUSY" });
});
