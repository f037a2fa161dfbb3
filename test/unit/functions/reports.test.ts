import { describe, expect, test } from "vitest";
import type { Pipeline } from "#domain/pipeline.ts";
import { withVerdict } from "#domain/progress.ts";
import { createGetReport } from "#functions/get-report.ts";
import { createRehearsePipeline } from "#functions/rehearse-pipeline.ts";
import { rowsOf } from "#kit/gate-rows.ts";
import { ask, problemOf } from "#kit/http.ts";
import { aPipeline } from "#kit/pipelines.ts";
import { aCell, reportOf } from "#kit/reports.ts";

const ID = "shop-0123456789ab";
const known = (pipeline: Pipeline | null) => ({
  pipelines: { read: async () => null },
  documents: { readPipeline: async () => pipeline },
});
const none = { read: async () => null, readText: async () => null };
const gone = { readLast: async () => null, read: async () => null };

const NO_RESULTS: readonly (readonly [string, Partial<Pipeline>, string])[] = [
  [
    "while it runs",
    { status: "running", stage: "running" },
    `${ID} has no rows and no report yet, it is running: ask again when it has its verdict.`,
  ],
  [
    "of one that was canceled",
    { status: "canceled", stage: "done" },
    `${ID} ended as canceled, without a verdict, so it has no report.`,
  ],
  [
    "of one whose report failed",
    {
      status: "succeeded",
      stage: "done",
      verdict: { outcome: "passed", reasons: [], metrics: {}, rows: null },
    },
    `${ID} has no report: it could not be written, and step decide has the reason.`,
  ],
];

describe("POST rehearse", () => {
  const post = (handler: ReturnType<typeof createRehearsePipeline>, gate: unknown) =>
    ask(handler, `/pipelines/${ID}/rehearse`, {
      method: "POST",
      body: { string: typeof gate === "string" ? gate : JSON.stringify(gate) },
    });

  test("answers the verdict of that gate and nothing else", async () => {
    const { report, stored } = await reportOf({ cells: [aCell(rowsOf("ccci"))] });
    const handler = createRehearsePipeline(
      { read: async () => report },
      stored,
      known(withVerdict(aPipeline(), report.verdict)),
    );

    const same = await post(handler, {});
    const stricter = await post(handler, { metrics: [{ name: "accuracy", min: 0.8 }] });

    expect([same.status, stricter.status]).toEqual([200, 200]);
    expect(await same.json()).toEqual(report.verdict);
    expect(await stricter.json()).toMatchObject({
      outcome: "failed",
      reasons: [
        "accuracy is 0.75 over 4 rows (3 right, 1 wrong), below 0.8",
        "not right: row 3",
        "what next: 4 of the 4 rows have to be right, 1 more than now",
      ],
    });
  });

  test("refuses a gate that is not sound with every problem at its path", async () => {
    const handler = createRehearsePipeline(none, gone, known(aPipeline()));
    const gate = { metrics: [{ name: "accuracy" }], confidence: 2, goldn: "data.must" };

    const response = await post(handler, gate);

    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({
      code: "REQUEST_INVALID",
      problems: expect.arrayContaining([
        expect.objectContaining({ path: "confidence" }),
        { path: "goldn", message: "unknown key goldn; did you mean golden?" },
      ]),
    });
  });

  test.each(["[]", "null", "7", "metrics: []", ""])("refuses the body %j", async (body) => {
    const handler = createRehearsePipeline(none, gone, known(aPipeline()));

    expect(await post(handler, body)).toMatchObject({ status: 400 });
  });

  test("does not know a pipeline that nobody started", async () => {
    const response = await post(createRehearsePipeline(none, gone, known(null)), {});

    expect(response.status).toBe(404);
    expect(await problemOf(response)).toMatchObject({ code: "PIPELINE_UNKNOWN" });
  });

  test.each(NO_RESULTS)("has nothing to judge %s", async (_, differences, detail) => {
    const pipeline = { ...aPipeline(), ...differences };
    const response = await post(createRehearsePipeline(none, gone, known(pipeline)), {});

    expect(response.status).toBe(409);
    expect(await problemOf(response)).toMatchObject({ code: "RESULTS_MISSING", detail });
  });

  test("says so where the rows were removed", async () => {
    const { report } = await reportOf({ cells: [aCell(rowsOf("cc"))] });
    const handler = createRehearsePipeline({ read: async () => report }, gone, known(aPipeline()));

    const response = await post(handler, {});

    expect(response.status).toBe(409);
    expect(await problemOf(response)).toMatchObject({
      detail: `The rows of run 0 of ${ID} are not there any more.`,
    });
  });
});

describe("GET report", () => {
  const texts = { readText: async (_: string, form: string) => `as ${form}` };
  const get = (accept?: string) =>
    ask(createGetReport(texts, known(aPipeline())), `/pipelines/${ID}/report`, {
      ...(accept === undefined ? {} : { headers: { accept } }),
    });

  test.each([
    [undefined, "json", "application/json"],
    ["*/*", "json", "application/json"],
    ["text/markdown", "markdown", "text/markdown; charset=utf-8"],
    ["application/xml;q=0.9", "junit", "application/xml"],
    ["text/xml", "junit", "application/xml"],
  ])("for %j is %s", async (accept, form, type) => {
    const response = await get(accept);

    expect(response.headers.get("content-type")).toBe(type);
    expect(await response.text()).toBe(`as ${form}`);
  });

  test.each(NO_RESULTS)("is not there %s", async (_, differences, detail) => {
    const pipeline = { ...aPipeline(), ...differences };
    const response = await ask(createGetReport(none, known(pipeline)), `/pipelines/${ID}/report`);

    expect(response.status).toBe(409);
    expect(await problemOf(response)).toMatchObject({ code: "RESULTS_MISSING", detail });
  });
});
