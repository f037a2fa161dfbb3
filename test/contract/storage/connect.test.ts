import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBundles } from "#azure/storage/bundles.ts";
import { connectStorage } from "#azure/storage/connect.ts";
import { createPipelines } from "#azure/storage/pipelines.ts";
import { createTestData } from "#azure/storage/test-data.ts";
import { readApp } from "#domain/manifest/read-app.ts";
import { readZip } from "#functions/bundles/read-zip.ts";
import { anAppFolder, zipOf } from "#kit/app-folder.ts";
import { collect } from "#kit/collect.ts";
import { anAccepted } from "#kit/pipelines.ts";
import { startStorage, type TestStorage } from "#kit/storage.ts";

let azurite: TestStorage;
beforeAll(async () => {
  azurite = await startStorage();
});
afterAll(() => azurite[Symbol.asyncDispose]());

const nobody = { getToken: () => Promise.resolve(null) };

describe("storage", () => {
  test("that is silent is AZURE_BUSY, worth another try", async () => {
    const connectionString = azurite.connectionString.replaceAll(
      /127\.0\.0\.1:\d+/g,
      "127.0.0.1:1",
    );
    const storage = connectStorage({ connectionString }, nobody);

    await expect(createTestData(storage).head("web/data.jsonl")).rejects.toMatchObject({
      code: "AZURE_BUSY",
      retryable: true,
    });
  });

  test("that refuses the key is AZURE_REFUSED", async () => {
    const connectionString = azurite.connectionString.replace(
      /AccountKey=[^;]+/,
      "AccountKey=bm8=",
    );
    const storage = connectStorage({ connectionString }, nobody);

    await expect(createTestData(storage).head("web/data.jsonl")).rejects.toMatchObject({
      code: "AZURE_REFUSED",
      message: expect.stringContaining("403"),
    });
  });

  test("elsewhere is never spoken to without TLS", async () => {
    const connectionString = azurite.connectionString.replace(
      /TableEndpoint=[^;]+/,
      "TableEndpoint=http://tables.example.org",
    );
    const storage = connectStorage({ connectionString }, nobody);

    await expect(createPipelines(storage).read("web-1")).rejects.toThrow(/insecure|https/i);
  });

  test("that lost a table says so as AZURE_BUSY, and makes it again for the next client", async () => {
    const table = await azurite.storage.table("pipelines");
    await table.deleteTable();
    const accepted = anAccepted({ id: "gone-000000000001" });

    await expect(createPipelines(azurite.storage).insert(accepted)).rejects.toMatchObject({
      code: "AZURE_BUSY",
      message: expect.stringContaining("TableNotFound"),
    });

    const { connectionString } = azurite;
    const again = createPipelines(connectStorage({ connectionString }, nobody));
    expect(await again.insert(accepted)).toBe(true);
  });
});

describe("test data", () => {
  async function upload(blob: string, text: string) {
    const container = await azurite.storage.container("test-data");
    await container.getBlockBlobClient(blob).upload(text, Buffer.byteLength(text));
  }

  test("is read in the version that was seen", async () => {
    const data = createTestData(azurite.storage);
    await upload("a/data.jsonl", '{"a": 1}\n');
    const seen = await data.head("a/data.jsonl");

    expect(seen).toEqual({ blob: "a/data.jsonl", etag: expect.stringMatching(/./) });
    const chunks = await collect(await data.open(seen ?? { blob: "", etag: "" }));
    expect(Buffer.concat(chunks).toString()).toBe('{"a": 1}\n');
  });

  test("that was replaced or removed since is DATA_CHANGED", async () => {
    const data = createTestData(azurite.storage);
    await upload("b/data.jsonl", "{}");
    const seen = (await data.head("b/data.jsonl")) ?? { blob: "", etag: "" };
    await upload("b/data.jsonl", '{"b": 2}');

    await expect(data.open(seen)).rejects.toMatchObject({ code: "DATA_CHANGED" });
    const container = await azurite.storage.container("test-data");
    await container.deleteBlob("b/data.jsonl");
    await expect(data.open(seen)).rejects.toMatchObject({ code: "DATA_CHANGED" });
  });

  test("that is not there has no version", async () => {
    expect(await createTestData(azurite.storage).head("nope/data.jsonl")).toBeNull();
  });
});

describe("bundles", () => {
  const put = async (name: string, text: string) => {
    const files = anAppFolder({ "web/README.md": text });
    const { digest } = readApp(files, name);
    const bundles = createBundles(azurite.storage, readZip);
    return { bundles, digest, isNew: await bundles.put(name, digest, zipOf(files)) };
  };

  test("are read back as the same app", async () => {
    const { bundles, digest } = await put("readback", "one");

    expect(await bundles.read("readback", digest)).toMatchObject({
      digest,
      manifest: { name: "readback" },
      baseRun: { flow: "web" },
    });
    await expect(bundles.read("other", digest)).rejects.toMatchObject({ code: "BUNDLE_UNKNOWN" });
  });

  test("that were unknown a moment ago are found once they are there", async () => {
    const files = anAppFolder();
    const { digest } = readApp(files, "late");
    const bundles = createBundles(azurite.storage, readZip);
    await expect(bundles.read("late", digest)).rejects.toMatchObject({ code: "BUNDLE_UNKNOWN" });

    await bundles.put("late", digest, zipOf(files));

    expect(await bundles.read("late", digest)).toMatchObject({ digest });
  });

  test("whose stored content is another one are refused", async () => {
    const bundles = createBundles(azurite.storage, readZip);
    const digest = `sha256:${"0".repeat(64)}`;
    await bundles.put("forged", digest, zipOf(anAppFolder()));

    await expect(bundles.read("forged", digest)).rejects.toMatchObject({ code: "BUNDLE_INVALID" });
  });

  test("never move latest back to one that was accepted earlier", async () => {
    const { bundles, digest: one } = await put("order", "one");
    const { digest: two } = await put("order", "two");

    await bundles.moveLatest("order", two, "2026-01-01T12:00:00.000Z");
    await bundles.moveLatest("order", one, "2026-01-01T11:00:00.000Z");

    expect(await bundles.latest("order")).toEqual({
      digest: two,
      deployable: true,
      since: "2026-01-01T12:00:00.000Z",
    });
  });

  test("move latest to the newest of many at once", async () => {
    const { bundles } = await put("many", "one");
    const digest = (n: number) => `sha256:${String(n).repeat(64)}`;

    await Promise.all(
      [3, 1, 4, 2, 5].map((n) =>
        bundles.moveLatest("many", digest(n), `2026-01-01T0${n}:00:00.000Z`),
      ),
    );

    expect(await bundles.latest("many")).toMatchObject({ digest: digest(5) });
  });

  test("have no latest where nobody has sent one", async () => {
    expect(await createBundles(azurite.storage, readZip).latest("nobody")).toBeNull();
  });
});
