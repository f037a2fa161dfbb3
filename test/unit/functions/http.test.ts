import { Readable } from "node:stream";
import { zipSync } from "fflate";
import { describe, expect, test, vi } from "vitest";
import { PipelineError } from "#domain/errors.ts";
import type { Row } from "#domain/pipeline.ts";
import { newPipeline } from "#domain/progress.ts";
import { acceptPipeline } from "#functions/accept-pipeline.ts";
import { watchCallers } from "#functions/callers.ts";
import { createGetPipeline } from "#functions/get-pipeline.ts";
import { createGetRows } from "#functions/get-rows.ts";
import { createHealth } from "#functions/health.ts";
import { createListPipelines } from "#functions/list-pipelines.ts";
import { problemResponse } from "#functions/problem.ts";
import { createStartPipeline } from "#functions/start-pipeline.ts";
import { createUploadBundle } from "#functions/upload-bundle.ts";
import { anAcceptance } from "#kit/acceptance.ts";
import { anAppFolder, zipOf } from "#kit/app-folder.ts";
import { ask, problemOf } from "#kit/http.ts";

/** Nobody streams here. */
const unseen = watchCallers();
const noDocuments = { readPipeline: async () => null };
const nobody = { pipelines: { read: async () => null }, documents: noDocuments };

async function oneAccepted() {
  const { acceptance } = anAcceptance();
  const request = { app: "web", bundle: "latest" as const, attempt: 1 };
  const { accepted } = await acceptPipeline(acceptance, request);
  const sources = { pipelines: acceptance.pipelines, documents: noDocuments };
  return { accepted, sources };
}

describe("problems", () => {
  test("say type, title, status, detail, code and what is wrong", () => {
    const response = problemResponse(
      new PipelineError("MANIFEST_INVALID", "flowgate.yaml has a problem.", {
        problems: [{ file: "flowgate.yaml", line: 2, path: "gate", message: "no" }],
      }),
    );

    expect(response).toMatchObject({
      status: 400,
      headers: { "content-type": "application/problem+json" },
    });
    expect(JSON.parse(String(response.body))).toEqual({
      type: "urn:flowgate:error:MANIFEST_INVALID",
      title: "The manifest is not valid",
      status: 400,
      detail: "flowgate.yaml has a problem.",
      code: "MANIFEST_INVALID",
      problems: [{ file: "flowgate.yaml", line: 2, path: "gate", message: "no" }],
    });
  });

  test.each([
    ["APP_UNKNOWN", 404],
    ["BUNDLE_UNKNOWN", 404],
    ["DATA_UNKNOWN", 404],
    ["PIPELINE_UNKNOWN", 404],
    ["BUNDLE_INVALID", 400],
    ["REQUEST_INVALID", 400],
    ["BUNDLE_TOO_LARGE", 413],
    ["DEPLOY_NOT_ALLOWED", 403],
    ["AZURE_BUSY", 503],
    ["AZURE_REFUSED", 500],
  ] as const)("%s is a %i", (code, status) => {
    expect(problemResponse(new PipelineError(code, "no"))).toMatchObject({ status });
  });

  test("an unexpected error is a 500 that tells nothing of itself", async () => {
    const handler = createStartPipeline(() => Promise.reject(new Error("secret")), noDocuments);
    const body = { string: '{"app": "web", "bundle": "latest"}' };
    const response = await ask(handler, "/pipelines", { method: "POST", body });

    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).not.toContain("secret");
    expect(JSON.parse(text)).toMatchObject({ code: "INTERNAL", problems: [] });
  });
});

describe("PUT bundle", () => {
  const put = (zip: Uint8Array, app = "web", store = { put: async () => true }) =>
    ask(createUploadBundle(store), `/apps/${encodeURIComponent(app)}/bundles`, {
      method: "PUT",
      body: { bytes: zip },
    });

  test("refuses a name that no app can have", async () => {
    const response = await put(zipOf(anAppFolder()), "Web App");

    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({
      code: "REQUEST_INVALID",
      problems: [{ path: "app", message: expect.stringContaining("a-z") }],
    });
  });

  test("refuses a bad manifest with file and line, and stores nothing", async () => {
    const store = { put: vi.fn() };
    const zip = zipOf(anAppFolder({ "flowgate.yaml": "name: web\nfoo: 1\n" }));
    const response = await put(zip, "web", store);

    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({
      code: "MANIFEST_INVALID",
      problems: [{ file: "flowgate.yaml", line: 2, path: "foo", message: "unknown key foo" }],
    });
    expect(store.put).not.toHaveBeenCalled();
  });

  test("stops reading a body over 20 MiB", async () => {
    expect(await put(new Uint8Array(21 * 1024 * 1024))).toMatchObject({ status: 413 });
  });

  test("refuses a body that is no zip, and an empty one", async () => {
    expect(await put(Buffer.from("hello"))).toMatchObject({ status: 400 });
    expect(await put(new Uint8Array())).toMatchObject({ status: 400 });
    expect(await put(zipSync({}))).toMatchObject({ status: 400 });
  });
});

describe("POST pipelines", () => {
  const post = (text: string) => {
    const handler = createStartPipeline(() => Promise.reject(new Error("reached")), noDocuments);
    return ask(handler, "/pipelines", { method: "POST", body: { string: text } });
  };

  test("refuses a body that is no JSON", async () => {
    const response = await post("{app: web}");

    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({
      code: "REQUEST_INVALID",
      detail: "The body is not JSON.",
      problems: [{ message: expect.any(String) }],
    });
  });

  test("tells which key was meant", async () => {
    const response = await post('{"app": "web", "bundel": "latest"}');

    expect((await problemOf(response)).problems).toEqual([
      { path: "bundle", message: "is missing; it has to be text" },
      { path: "bundel", message: "unknown key bundel; did you mean bundle?" },
    ]);
  });

  test("refuses a body that is longer than any request", async () => {
    const response = await post(`{"app": "${"x".repeat(256 * 1024)}"}`);

    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({
      code: "REQUEST_INVALID",
      detail: "The body is larger than 256 KiB.",
    });
  });

  test("refuses a wrong shape with every problem", async () => {
    const response = await post(
      '{"app": "Web", "bundle": 3, "commit": {"sha": "a"}, "deply": true}',
    );

    expect(response.status).toBe(400);
    const { problems } = (await problemOf(response)) as { problems: { path: string }[] };
    expect(problems.map(({ path }) => path).sort()).toEqual([
      "app",
      "bundle",
      "commit.ref",
      "commit.repository",
      "deply",
    ]);
  });
});

describe("GET pipelines", () => {
  test("a pipeline that nobody has recorded yet is the one that was accepted", async () => {
    const { accepted, sources } = await oneAccepted();
    const response = await ask(createGetPipeline(sources), `/pipelines/${accepted.id}`);

    expect(await response.json()).toEqual(newPipeline(accepted));
  });

  test.each(["web-000000000000", "../x", "A", ""])("%j is a 404", async (id) => {
    const path = `/pipelines/${encodeURIComponent(id)}`;
    const response = await ask(createGetPipeline(nobody), path);

    expect(response.status).toBe(404);
    expect(await problemOf(response)).toMatchObject({ code: "PIPELINE_UNKNOWN" });
  });

  test.each([
    [{ top: "0" }, "top"],
    [{ top: "1001" }, "top"],
    [{ top: "ten" }, "top"],
    [{ top: "1.5" }, "top"],
    [{ top: "" }, "top"],
    [{ status: "done" }, "status"],
    [{ app: "No App" }, "app"],
  ])("%j is refused", async (query, path) => {
    const list = { list: () => Promise.reject(new Error("reached")) };
    const response = await ask(createListPipelines(list, nobody), "/pipelines", { query });

    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({
      code: "REQUEST_INVALID",
      problems: [{ path }],
    });
  });

  test("a hundred is a page, a thousand the largest", async () => {
    const list = { list: vi.fn(async () => ({ items: [], next: null })) };
    const handler = createListPipelines(list, nobody);

    await ask(handler, "/pipelines");
    await ask(handler, "/pipelines", { query: { top: "1000", app: "web", after: "x" } });

    expect(list.list.mock.calls).toEqual([
      [{ app: undefined, status: undefined }, 100, null],
      [{ app: "web", status: undefined }, 1_000, "x"],
    ]);
  });
});

describe("GET rows", () => {
  const row: Row = {
    line: 0,
    outcome: "correct",
    inputs: {},
    outputs: {},
    grade: "Correct",
    error: null,
  };
  const reader = {
    page: vi.fn(async () => ({ items: [row], next: null })),
    lines: async () => Readable.from([Buffer.from('{"line":0}\n'), Buffer.from('{"line":1}\n')]),
  };

  test("answers a page", async () => {
    const { accepted, sources } = await oneAccepted();
    const response = await ask(
      createGetRows(reader, sources, unseen),
      `/pipelines/${accepted.id}/rows`,
      {
        query: { outcome: "correct", top: "5" },
      },
    );

    expect(await response.json()).toEqual({ items: [row], next: null });
    expect(reader.page).toHaveBeenCalledWith(accepted.id, "correct", 5, null);
  });

  test("answers lines to whoever accepts them", async () => {
    const { accepted, sources } = await oneAccepted();
    const response = await ask(
      createGetRows(reader, sources, unseen),
      `/pipelines/${accepted.id}/rows`,
      {
        headers: { accept: "application/jsonl" },
      },
    );

    expect([...response.headers]).toEqual([["content-type", "application/jsonl"]]);
    expect(await response.text()).toBe('{"line":0}\n{"line":1}\n');
  });

  test("refuses an outcome that no row has", async () => {
    const { accepted, sources } = await oneAccepted();
    const response = await ask(
      createGetRows(reader, sources, unseen),
      `/pipelines/${accepted.id}/rows`,
      {
        query: { outcome: "wrong" },
      },
    );

    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ problems: [{ path: "outcome" }] });
  });

  test("of an unknown pipeline are a 404", async () => {
    const response = await ask(createGetRows(reader, nobody, unseen), "/pipelines/web-1/rows");

    expect(response.status).toBe(404);
  });
});

test("health says that it is ready, and which version it is", async () => {
  const response = await ask(createHealth("0.1.0"), "/health");

  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: "ready", version: "0.1.0" });
});
