import { BlobServiceClient } from "@azure/storage-blob";
import { beforeAll, describe, expect, inject, test } from "vitest";
import type { Pipeline } from "#domain/pipeline.ts";
import { flowgateAt } from "#kit/flowgate.ts";
import { aPythonApp } from "#kit/python-app.ts";

const stack = inject("stack");
const flowgate = flowgateAt(stack.functions);

/** Eight rows, of which the flow gets line 2 wrong and cannot answer line 5. */
const ROWS = [0, 1, 2, 3, 4, 5, 6, 7].map((line) => ({
  question: line === 5 ? "boom" : `q${line}`,
  expected: line === 2 ? "?" : `Q${line}`,
}));

describe("the list of pipelines", () => {
  const app = "listed";
  /** In the order of their start. */
  let ids: readonly string[];

  beforeAll(async () => {
    const container = BlobServiceClient.fromConnectionString(stack.storage).getContainerClient(
      "test-data",
    );
    await container.getBlockBlobClient(`${app}/broken.jsonl`).uploadData(Buffer.from("{\n"));
    const { digest: bundle } = (await flowgate.upload(app, aPythonApp({ name: app }))).body;
    const started: string[] = [];
    for (const request of [{}, { attempt: 2 }, { data: `${app}/broken.jsonl` }, { attempt: 3 }])
      started.push((await flowgate.start({ app, bundle, ...request })).body.id);
    ids = started;
    await Promise.all(ids.map((id) => flowgate.follow(id)));
  });

  const idsOf = (items: readonly Pipeline[]) => items.map(({ id }) => ids.indexOf(id));

  test("is newest first, with whole documents", async () => {
    const { status, body } = await flowgate.list({ app });

    expect(status).toBe(200);
    expect(idsOf(body.items)).toEqual([3, 2, 1, 0]);
    expect(body.next).toBeNull();
    expect(body.items[0]).toEqual((await flowgate.read(ids[3] ?? "")).body);
  });

  test("comes in pages that go on where the one before ended", async () => {
    const first = (await flowgate.list({ app, top: "3" })).body;
    const second = (await flowgate.list({ app, top: "3", after: first.next ?? "" })).body;

    expect(idsOf(first.items)).toEqual([3, 2, 1]);
    expect(idsOf(second.items)).toEqual([0]);
    expect(second.next).toBeNull();
  });

  test.each([
    ["succeeded", [3, 1, 0]],
    ["failed", [2]],
    ["running", []],
    ["canceled", []],
  ])("has those with status %s alone where they are asked for", async (status, expected) => {
    expect(idsOf((await flowgate.list({ app, status })).body.items)).toEqual(expected);
  });

  test("pages what it has filtered", async () => {
    const asked = { app, status: "succeeded", top: "2" };
    const first = (await flowgate.list(asked)).body;
    const second = (await flowgate.list({ ...asked, after: first.next ?? "" })).body;

    expect([first, second].map(({ items }) => idsOf(items))).toEqual([[3, 1], [0]]);
  });
});

describe("the rows of a pipeline", () => {
  let id: string;

  beforeAll(async () => {
    const app = aPythonApp({
      name: "rowed",
      rows: ROWS,
      answer: [
        'if question == "boom":',
        '    raise ValueError("no answer")',
        "return question.upper()",
      ],
      manifest: { gate: { metrics: [{ name: "accuracy", min: 0.6 }], maxErrorRate: 0.2 } },
    });
    const pipeline = await flowgate.run("rowed", app);
    expect(pipeline.verdict).toMatchObject({
      outcome: "passed",
      metrics: { accuracy: { value: 0.75 } },
      rows: { expected: 8, correct: 6, incorrect: 1, failed: 1, missing: 0 },
    });
    ({ id } = pipeline);
  });

  test("tell what went in, what came out and what it was worth", async () => {
    const { items } = (await flowgate.rows(id)).body;
    const usage = { latencyMs: expect.any(Number), tokens: 0 };

    expect(items[0]).toEqual({
      line: 0,
      outcome: "correct",
      inputs: { question: "q0", expected: "Q0" },
      outputs: { answer: "Q0" },
      grade: "Correct",
      error: null,
      evaluation: { grade: "Correct" },
      ...usage,
    });
    expect(items[2]).toEqual({
      line: 2,
      outcome: "incorrect",
      inputs: { question: "q2", expected: "?" },
      outputs: { answer: "Q2" },
      grade: "Incorrect",
      error: null,
      evaluation: { grade: "Incorrect" },
      ...usage,
    });
    expect(items[5]).toEqual({
      line: 5,
      outcome: "runError",
      inputs: { question: "boom", expected: "Q5" },
      outputs: null,
      grade: null,
      error: expect.stringContaining("no answer"),
      node: expect.any(String),
      errorType: expect.any(String),
      evaluation: null,
      ...usage,
    });
  });

  test("come in pages, in the order of the dataset", async () => {
    const pages: number[][] = [];
    let after: string | null = null;
    do {
      const query: Record<string, string> = after === null ? { top: "3" } : { top: "3", after };
      const { items, next } = (await flowgate.rows(id, query)).body;
      pages.push(items.map(({ line }) => line));
      after = next;
    } while (after !== null && pages.length < 10);

    expect(pages).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7],
    ]);
  });

  test.each([
    ["incorrect", [2]],
    ["runError", [5]],
    ["correct", [0, 1, 3, 4, 6, 7]],
    ["missing", []],
  ])("are those with outcome %s alone where they are asked for", async (outcome, lines) => {
    const { items } = (await flowgate.rows(id, { outcome })).body;

    expect(items.map(({ line }) => line)).toEqual(lines);
  });

  test("are all there as JSON Lines for whoever accepts them", async () => {
    const lines = await flowgate.rowLines(id);

    expect(lines.status).toBe(200);
    expect(lines.headers.get("content-type")).toMatch(/^application\/jsonl\b/);
    expect(lines.body).toEqual((await flowgate.rows(id)).body.items);
  });
});
