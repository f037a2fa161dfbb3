import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createResults } from "#azure/storage/results.ts";
import { createRows } from "#azure/storage/rows.ts";
import { PipelineError } from "#domain/errors.ts";
import type { Row } from "#domain/pipeline.ts";
import { beginStep, ended, endStep, splitRunSteps } from "#domain/progress.ts";
import { collect } from "#kit/collect.ts";
import { aPipeline } from "#kit/pipelines.ts";
import { startStorage, type TestStorage } from "#kit/storage.ts";

let azurite: TestStorage;
beforeAll(async () => {
  azurite = await startStorage();
});
afterAll(() => azurite[Symbol.asyncDispose]());

describe("pipeline.json", () => {
  test("is null before the first record, then what was merged", async () => {
    const results = createResults(azurite.storage);
    const pipeline = aPipeline({ id: "doc-000000000001" });

    expect(await results.readPipeline(pipeline.id)).toBeNull();
    expect(await results.mergePipeline(pipeline)).toEqual(pipeline);
    expect(await results.readPipeline(pipeline.id)).toEqual(pipeline);
  });

  test("loses nothing when branches write at once", async () => {
    const results = createResults(azurite.storage);
    const pipeline = aPipeline({ id: "doc-000000000002" });
    const at = "2026-01-01T00:01:00.000Z";
    const names = ["validate", "uploadFlow", "uploadEvaluation", "uploadData", "decide"] as const;

    await Promise.all(
      names.map((name) => {
        const begun = beginStep(pipeline, name, {}, at);
        return results.mergePipeline(endStep(begun, name, {}, at, { status: "succeeded" }));
      }),
    );

    const { steps = [] } = (await results.readPipeline(pipeline.id)) ?? {};
    const done = steps.filter(({ status }) => status === "succeeded").map(({ name }) => name);
    expect(done.sort()).toEqual([...names].sort());
  });
});

describe("report.json", () => {
  const places = Array.from({ length: 30 }, (_, index) => ({ dataset: `data-${index}.jsonl` }));
  const readReport = async (results: ReturnType<typeof createResults>, id: string) => {
    const stream = await results.open(`${id}/report.json`);
    return stream && JSON.parse(Buffer.concat(await collect(stream)).toString());
  };

  test("has every item of an ended pipeline, where the document has a hundred", async () => {
    const results = createResults(azurite.storage);
    const running = splitRunSteps(aPipeline({ id: "doc-000000000003" }), places);
    const over = ended(running, "succeeded", "2026-01-01T00:01:00.000Z");

    await results.mergePipeline(running);
    expect(await readReport(results, running.id)).toBeNull();
    await results.mergePipeline(over);
    await results.mergePipeline(over);

    expect(await readReport(results, running.id)).toEqual(over);
    expect((await results.readPipeline(running.id))?.steps).toHaveLength(100);
  });
});

describe("snapshots", () => {
  test("are kept as lines and opened again", async () => {
    const results = createResults(azurite.storage);
    const lines = Array.from({ length: 1_000 }, (_, n) => `{"n":${n}}\n`);

    const name = await results.writeSnapshot("snap-1", 0, Readable.from(lines));
    const stored = await collect((await results.open(name)) ?? Readable.from([]));

    expect(name).toBe("snap-1/data-0.jsonl");
    expect(Buffer.concat(stored).toString()).toBe(lines.join(""));
  });

  test("are not written when a line is refused, and the refusal is what is thrown", async () => {
    const results = createResults(azurite.storage);
    async function* lines() {
      yield "{}\n";
      throw new PipelineError("DATA_INVALID", "no", { where: { line: 2 } });
    }

    await expect(results.writeSnapshot("snap-2", 0, lines())).rejects.toMatchObject({
      code: "DATA_INVALID",
      where: { line: 2 },
    });
    expect(await results.open("snap-2/data-0.jsonl")).toBeNull();
  });
});

test("a text lies beside the other results", async () => {
  const results = createResults(azurite.storage);

  expect(await results.writeText("text-1", "run.log", "one\n")).toBe("text-1/run.log");
  const stored = await collect((await results.open("text-1/run.log")) ?? Readable.from([]));
  expect(Buffer.concat(stored).toString()).toBe("one\n");
});

const row = (line: number, outcome: Row["outcome"] = "correct"): Row => ({
  line,
  outcome,
  inputs: { url: `https://example.org/ä/${line}` },
  outputs: null,
  grade: null,
  error: null,
});

async function textOf(lines: Promise<AsyncIterable<Uint8Array>>): Promise<string> {
  return Buffer.concat(await collect(await lines)).toString();
}

describe("rows", () => {
  test("are nothing until they are published", async () => {
    const rows = createRows(azurite.storage);

    expect(await rows.page("rows-0", null, 10, null)).toEqual({ items: [], next: null });
    expect(await textOf(rows.lines("rows-0", null))).toBe("");
  });

  test("are the parts of all runs in their order; a run without rows has none", async () => {
    const rows = createRows(azurite.storage);
    await rows.writePart("rows-1", 2, 0, Readable.from([[row(2)]]));
    await rows.writePart("rows-1", 0, 0, Readable.from([[row(0), row(1)]]));
    await rows.writePart("rows-1", 0, 0, Readable.from([[row(0)], [row(1, "incorrect")]]));

    expect(await rows.arePublished("rows-1")).toBe(false);
    expect(await rows.read("rows-1")).toBeNull();
    await rows.publish("rows-1", 3, 1);
    await rows.publish("rows-1", 3, 1);
    expect(await rows.arePublished("rows-1")).toBe(true);
    expect((await collect((await rows.read("rows-1")) ?? Readable.from([]))).flat()).toEqual([
      row(0),
      row(1, "incorrect"),
      row(2),
    ]);

    const { items } = await rows.page("rows-1", null, 10, null);
    expect(items).toEqual([row(0), row(1, "incorrect"), row(2)]);
    expect(await textOf(rows.lines("rows-1", "incorrect"))).toBe(
      `${JSON.stringify(row(1, "incorrect"))}\n`,
    );
  });

  test("of repeats are those of each run's last round; what came before can still be read", async () => {
    const rows = createRows(azurite.storage);
    const repeated = (line: number, ...outcomes: Row["outcome"][]): Row => ({
      ...row(line, outcomes.at(-1)),
      dataset: "hard.jsonl",
      repeats: outcomes.map((outcome) => ({ outcome, evaluation: null })),
    });
    await rows.writePart("rows-5", 0, 0, Readable.from([[repeated(0, "incorrect")]]));
    await rows.writePart("rows-5", 0, 1, Readable.from([[repeated(0, "incorrect", "correct")]]));
    await rows.writePart("rows-5", 1, 0, Readable.from([[repeated(1, "correct")]]));

    await rows.publish("rows-5", 2, 3);

    expect((await rows.page("rows-5", null, 10, null)).items).toEqual([
      repeated(0, "incorrect", "correct"),
      repeated(1, "correct"),
    ]);
    expect(
      (await collect((await rows.readPart("rows-5", 0, 0)) ?? Readable.from([]))).flat(),
    ).toEqual([repeated(0, "incorrect")]);
    expect(await rows.readPart("rows-5", 0, 2)).toBeNull();
  });

  test("come in pages, also filtered, and the last page says so", async () => {
    const rows = createRows(azurite.storage);
    const all = Array.from({ length: 2_000 }, (_, n) =>
      row(n, n % 3 === 0 ? "incorrect" : "correct"),
    );
    await rows.writePart("rows-2", 0, 0, Readable.from([all]));
    await rows.publish("rows-2", 1, 1);

    const seen: number[] = [];
    const sizes: number[] = [];
    for (let after: string | null = null; sizes.length < 10; ) {
      const page = await rows.page("rows-2", "incorrect", 300, after);
      seen.push(...page.items.map(({ line }) => line));
      sizes.push(page.items.length);
      after = page.next;
      if (after === null) break;
    }

    expect(sizes).toEqual([300, 300, 67]);
    expect(seen).toEqual(Array.from({ length: 667 }, (_, n) => n * 3));
  });

  test("end exactly where a page ends", async () => {
    const rows = createRows(azurite.storage);
    await rows.writePart("rows-3", 0, 0, Readable.from([[row(0), row(1)]]));
    await rows.publish("rows-3", 1, 1);

    expect((await rows.page("rows-3", null, 2, null)).next).toBeNull();
    const { next } = await rows.page("rows-3", null, 1, null);
    expect(await rows.page("rows-3", null, 1, next)).toEqual({ items: [row(1)], next: null });
  });

  test.each([
    "x",
    "cm93czo",
    Buffer.from("rows:7").toString("base64url"),
    Buffer.from("rows:9999999").toString("base64url"),
  ])("refuse %j, which is no next of a page", async (after) => {
    const rows = createRows(azurite.storage);
    await rows.writePart("rows-4", 0, 0, Readable.from([[row(0), row(1)]]));
    await rows.publish("rows-4", 1, 1);

    await expect(rows.page("rows-4", null, 1, after)).rejects.toMatchObject({
      code: "REQUEST_INVALID",
      problems: [{ path: "after" }],
    });
  });
});
