import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createReports } from "#azure/storage/reports.ts";
import { createResults } from "#azure/storage/results.ts";
import { createRows } from "#azure/storage/rows.ts";
import { ended } from "#domain/progress.ts";
import { collect } from "#kit/collect.ts";
import { rowsOf } from "#kit/gate-rows.ts";
import { aCell, reportOf } from "#kit/reports.ts";
import { startStorage, type TestStorage } from "#kit/storage.ts";

let azurite: TestStorage;
beforeAll(async () => {
  azurite = await startStorage();
});
afterAll(() => azurite[Symbol.asyncDispose]());

const aReport = (id: string) => reportOf({ id, cells: [aCell(rowsOf("cci"))] });
const AT = "2026-01-01T00:01:00.000Z";

describe("a report", () => {
  test("is not there before it was written", async () => {
    const reports = createReports(azurite.storage);

    expect(await reports.read("none-1")).toBeNull();
    for (const form of ["json", "markdown", "junit"] as const) {
      expect(await reports.readText("none-1", form)).toBeNull();
    }
  });

  test("comes back whole, and as it is for people and for CI", async () => {
    const reports = createReports(azurite.storage);
    const { report, ...texts } = await aReport("report-1");

    await reports.write(report, texts);

    expect(await reports.read("report-1")).toEqual(report);
    expect(await reports.readText("report-1", "markdown")).toBe(texts.markdown);
    expect(await reports.readText("report-1", "junit")).toBe(texts.junit);
    expect(JSON.parse((await reports.readText("report-1", "json")) ?? "")).toEqual(report);
  });

  test("keeps what the verdict rests on when the pipeline ends", async () => {
    const reports = createReports(azurite.storage);
    const results = createResults(azurite.storage);
    const { report, ...texts } = await aReport("report-2");
    const { policy, cells, ...pipeline } = report;
    const over = ended(pipeline, "succeeded", AT);

    await reports.write(report, texts);
    await results.mergePipeline(pipeline);
    await results.mergePipeline(over);

    expect(await reports.read("report-2")).toEqual({ ...over, policy, cells });
  });

  test("that is written late, by a step that repeats, does not undo the end", async () => {
    const reports = createReports(azurite.storage);
    const { report, ...texts } = await aReport("report-3");
    const { policy, cells, ...pipeline } = report;
    const over = ended(pipeline, "succeeded", AT);

    await reports.complete(over);
    expect(await reports.read("report-3")).toBeNull();
    await reports.write(report, texts);
    await reports.write(report, texts);

    expect(await reports.read("report-3")).toEqual({ ...over, policy, cells });
  });

  test("loses nothing when end and verdict are written at once", async () => {
    const reports = createReports(azurite.storage);
    const { report, ...texts } = await aReport("report-4");
    const { policy, cells, ...pipeline } = report;
    const over = ended(pipeline, "succeeded", AT);

    await Promise.all([reports.write(report, texts), reports.complete(over)]);

    expect(await reports.read("report-4")).toEqual({ ...over, policy, cells });
  });
});

describe("the rows of one run", () => {
  const flat = async (pages: AsyncIterable<readonly unknown[]> | undefined) =>
    (await collect(pages ?? Readable.from([]))).flat();

  test("come in their order, as their last repeat left them", async () => {
    const rows = createRows(azurite.storage);
    const [first, second] = [rowsOf("cirem".repeat(400)), rowsOf("ccrem".repeat(400))];
    await rows.writePart("part-1", 1, 0, Readable.from([first]));
    await rows.writePart("part-1", 1, 1, Readable.from([second]));

    const [one, three] = [await rows.readLast("part-1", 1, 1), await rows.readLast("part-1", 1, 3)];

    expect([one?.blob, three?.blob]).toEqual([
      "part-1/rows-1.jsonl",
      "part-1/rows-1-repeat-2.jsonl",
    ]);
    expect(await flat(one?.pages)).toEqual(first);
    expect(await flat(three?.pages)).toEqual(second);
  });

  test("are null where there is no such blob", async () => {
    expect(await createRows(azurite.storage).readLast("part-2", 0, 3)).toBeNull();
  });
});
