import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { BlobServiceClient } from "@azure/storage-blob";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { beforeAll, describe, expect, inject, test } from "vitest";
import type { Pipeline, Verdict } from "#domain/pipeline.ts";
import { Report } from "#domain/report/report.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp } from "#kit/python-app.ts";
import { expectProblem } from "#kit/shared-flowgate.ts";

const APP = "web-classification";
const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);
const results = BlobServiceClient.fromConnectionString(stack.storage).getContainerClient("results");

function sample(): Map<string, Uint8Array> {
  const folder = join(import.meta.dirname, "../../samples", APP);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [relative(folder, path), readFileSync(path)]));
}

const rehearse = ({ id }: Pipeline, gate: unknown) =>
  flowgate.call<Verdict>(`/pipelines/${id}/rehearse`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(gate),
  });
const blobOf = async ({ id }: Pipeline, name: string) =>
  (await results.getBlockBlobClient(`${id}/${name}`).downloadToBuffer()).toString();

describe("the sample, once it has its verdict", () => {
  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await flowgate.run(APP, sample());
  }, 120_000);

  const blob = (name: string) => blobOf(pipeline, name);
  const report = (accept: string) =>
    flowgate.call<string>(`/pipelines/${pipeline.id}/report`, { headers: { accept } });

  test("has a report in all three forms, in storage and over HTTP", async () => {
    const stored = Report.parse(JSON.parse(await blob("report.json")));
    const [markdown, junit] = [await blob("report.md"), await blob("junit.xml")];

    expect(stored).toMatchObject({ ...pipeline, updatedAt: expect.any(String) });
    expect(stored.cells).toMatchObject([
      {
        dataset: `${APP}/data.jsonl`,
        rows: `${pipeline.id}/rows-0.jsonl`,
        evidence: { tally: { expected: 65, correct: 61 } },
      },
    ]);
    for (const log of stored.cells[0]?.logs ?? []) {
      expect(await results.getBlockBlobClient(log).exists()).toBe(true);
    }
    expect(markdown).toContain(`# ${APP}: passed\n`);
    expect(markdown).toContain("### Rows that are not right\n");
    expect(XMLValidator.validate(junit)).toBe(true);
    expect(new XMLParser().parse(junit).testsuites.testsuite.testcase).toHaveLength(3 + 4);
    expect((await report("application/json")).body).toEqual(JSON.parse(await blob("report.json")));
    expect((await report("text/markdown")).body).toBe(markdown);
    expect((await report("application/xml")).body).toBe(junit);
  });

  test("gets its own verdict again from its own gate, and changes nothing by it", async () => {
    const { policy } = Report.parse(JSON.parse(await blob("report.json")));
    const before = await flowgate.list({ app: APP });

    const { status, body } = await rehearse(pipeline, policy);

    expect(status).toBe(200);
    expect(body).toEqual(pipeline.verdict);
    expect(await flowgate.list({ app: APP })).toMatchObject({ body: before.body });
    expect((await flowgate.read(pipeline.id)).body).toEqual(pipeline);
  });

  test("would fail by a stricter gate, which says why, which rows and what next", async () => {
    const { status, body } = await rehearse(pipeline, {
      metrics: [{ name: "accuracy", min: 0.95 }],
    });

    expect(status).toBe(200);
    expect(body).toMatchObject({ outcome: "failed", metrics: { accuracy: { ok: false } } });
    expect(body.reasons).toEqual([
      "accuracy is 0.938 over 65 rows (61 right, 4 wrong), below 0.95",
      expect.stringMatching(/^not right: rows \d+, \d+, \d+ and \d+$/),
      "what next: 62 of the 65 rows have to be right, 1 more than now",
    ]);
  });

  test("is not judged by a gate that is not sound", async () => {
    expectProblem(await rehearse(pipeline, { metrics: [], minRows: 0 }), 400, "REQUEST_INVALID", [
      { path: "metrics", message: expect.any(String) },
      { path: "minRows", message: expect.any(String) },
    ]);
  });
});

test("rows that were repeated, and a baseline, are the same in a rehearsal", async () => {
  const app = "rehearsed-repeats";
  const gate = {
    repeats: 3,
    minPass: 1,
    slices: [{ by: "data.expected", min: 0, minRows: 2 }],
    metrics: [
      { name: "accuracy", min: 0.5, maxDrop: 0.5 },
      { name: "latencyP95Ms", max: 60_000, reportOnly: true },
    ],
  };
  const bundle = (but: string) =>
    aPythonApp({
      name: app,
      manifest: { gate },
      answer: [`return "?" if question == "${but}" else question.upper()`],
    });
  const first = await flowgate.run(app, bundle("ash"), { deploy: true });
  expect(first.deployment?.outcome).toBe("deployed");

  const second = await flowgate.run(app, bundle("elm"), { deploy: true });

  expect(second.verdict?.baseline).toMatchObject({ newlyBroken: [3], newlyFixed: [0] });
  expect((await rehearse(second, gate)).body).toEqual(second.verdict);
  expect(await blobOf(second, "report.md")).toContain("- newly broken: 3\n- newly fixed: 0\n");
  const stricter = { metrics: [{ name: "accuracy", maxDrop: 0 }], golden: "data.question" };
  expect((await rehearse(second, stricter)).body).toMatchObject({
    outcome: "error",
    baseline: { newlyBroken: [3] },
    golden: { rows: 0, wrong: [] },
  });
});

test("nobody's pipeline has neither report nor rehearsal", async () => {
  const path = "/pipelines/nobody-0123456789ab";

  expectProblem(await flowgate.call(`${path}/report`), 404, "PIPELINE_UNKNOWN");
  expectProblem(
    await flowgate.call(`${path}/rehearse`, { method: "POST", body: "{}" }),
    404,
    "PIPELINE_UNKNOWN",
  );
});
