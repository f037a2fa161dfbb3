import { HttpRequest, InvocationContext } from "@azure/functions";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBundles } from "#azure/storage/bundles.ts";
import { createPipelines } from "#azure/storage/pipelines.ts";
import { createResults } from "#azure/storage/results.ts";
import { createTestData } from "#azure/storage/test-data.ts";
import { acceptPipeline } from "#functions/accept-pipeline.ts";
import { readZip } from "#functions/bundles/read-zip.ts";
import { createGetPipeline } from "#functions/get-pipeline.ts";
import { createListPipelines } from "#functions/list-pipelines.ts";
import { createStartPipeline } from "#functions/start-pipeline.ts";
import { createUploadBundle } from "#functions/upload-bundle.ts";
import { anAppFolder, zipOf } from "#kit/app-folder.ts";
import { startStorage, type TestStorage } from "#kit/storage.ts";

let azurite: TestStorage;
beforeAll(async () => {
  azurite = await startStorage();
});
afterAll(() => azurite[Symbol.asyncDispose]());

/** The function app as main wires it, with Durable replaced by a list of what was started. */
function wire() {
  const { storage } = azurite;
  const bundles = createBundles(storage, readZip);
  const pipelines = createPipelines(storage);
  const documents = createResults(storage);
  const started: string[] = [];
  const acceptance = {
    bundles,
    pipelines,
    testData: createTestData(storage),
    instances: {
      start: async (id: string) => void started.push(id),
      exists: async (id: string) => started.includes(id),
    },
    clock: {
      now: () => new Date(),
      pause: (ms: number) => new Promise<void>((r) => setTimeout(r, ms)),
    },
  };
  const context = new InvocationContext();
  const upload = createUploadBundle(bundles);
  const start = createStartPipeline((_, request) => acceptPipeline(acceptance, request), documents);
  const get = createGetPipeline({ pipelines, documents });
  const list = createListPipelines(pipelines, { pipelines, documents });
  return {
    started,
    bundles,
    put: (app: string, zip: Uint8Array) =>
      upload(
        new HttpRequest({
          method: "PUT",
          url: `http://127.0.0.1/api/apps/${app}/bundles`,
          params: { app },
          body: { bytes: zip },
        }),
        context,
      ),
    post: (body: unknown) =>
      start(
        new HttpRequest({
          method: "POST",
          url: "http://127.0.0.1/api/pipelines",
          body: { string: typeof body === "string" ? body : JSON.stringify(body) },
        }),
        context,
      ),
    get: (id: string) =>
      get(
        new HttpRequest({
          method: "GET",
          url: `http://127.0.0.1/api/pipelines/${id}`,
          params: { id },
        }),
        context,
      ),
    list: (query: Record<string, string>) =>
      list(
        new HttpRequest({ method: "GET", url: "http://127.0.0.1/api/pipelines", query }),
        context,
      ),
  };
}

const main = { repository: "o/r", sha: "abc", ref: "refs/heads/main" };

describe("from bundle to pipeline", () => {
  test("a bundle is new once, and its first pipeline is accepted and found again", async () => {
    const app = wire();
    const zip = zipOf(anAppFolder());

    const first = await app.put("web", zip);
    const again = await app.put("web", zip);
    const posted = await app.post({ app: "web", bundle: "latest", commit: main });

    expect(first).toMatchObject({
      status: 201,
      jsonBody: { app: "web", files: 9, manifest: { name: "web", run: "web/run.yml" } },
    });
    expect(again).toMatchObject({ status: 200 });
    expect(posted).toMatchObject({
      status: 202,
      jsonBody: { app: "web", status: "running", stage: "validating", trigger: "http" },
    });
    const { id } = (posted as { jsonBody: { id: string } }).jsonBody;
    expect(posted).toMatchObject({ headers: { location: `/api/pipelines/${id}` } });
    expect(await app.get(id)).toMatchObject({ jsonBody: { id, bundle: expect.any(String) } });
    expect(await app.list({ app: "web" })).toMatchObject({
      jsonBody: { items: [{ id }], next: null },
    });
    expect(app.started).toEqual([id]);
  });

  test("twenty equal requests at once are one pipeline", async () => {
    const app = wire();
    await app.put("twenty", zipOf(anAppFolder()));

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => app.post({ app: "twenty", bundle: "latest", commit: main })),
    );

    const statuses = answers.map((answer) => (answer as { status: number }).status).sort();
    expect(statuses).toEqual([...Array.from({ length: 19 }, () => 200), 202]);
    expect(app.started).toHaveLength(1);
    expect(await app.list({ app: "twenty" })).toMatchObject({
      jsonBody: { items: [{}], next: null },
    });
  });

  test("latest moves with an accepted pipeline that may deploy, never with a PUT", async () => {
    const app = wire();
    await app.put("moving", zipOf(anAppFolder()));
    const before = await app.bundles.latest("moving");
    const next = await app.put("moving", zipOf(anAppFolder({ "web/README.md": "two" })));
    const { digest } = (next as { jsonBody: { digest: string } }).jsonBody;

    expect(before).toMatchObject({ deployable: false });
    expect(await app.bundles.latest("moving")).toEqual(before);

    await app.post({ app: "moving", bundle: digest, commit: { ...main, ref: "refs/heads/topic" } });
    expect(await app.bundles.latest("moving")).toEqual(before);

    await app.post({ app: "moving", bundle: digest, commit: main });
    expect(await app.bundles.latest("moving")).toMatchObject({ digest, deployable: true });
  });
});
