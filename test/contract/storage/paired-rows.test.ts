import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCompareVariants } from "#activities/compare-variants.ts";
import { createRows } from "#azure/storage/rows.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Row } from "#domain/pipeline.ts";
import { aRow, rowsOf } from "#kit/gate-rows.ts";
import { startStorage, type TestStorage } from "#kit/storage.ts";

let azurite: TestStorage;
beforeAll(async () => {
  azurite = await startStorage();
});
afterAll(() => azurite[Symbol.asyncDispose]());

/** Stores these rows as runs 0, 1, …, and compares some of them. */
async function compared(
  id: string,
  stored: readonly (readonly Row[])[],
  runs = [{ leader: 0, second: 1 }],
  policy = GatePolicy.parse({ confidence: 0.95 }),
) {
  const rows = createRows(azurite.storage);
  for (const [run, of] of stored.entries()) await rows.writePart(id, run, 0, Readable.from([of]));
  return createCompareVariants(rows).run({ id, policy, runs });
}

describe("the rows of two variants", () => {
  test("are counted where only one of them is right, whatever the other is", async () => {
    const stored = [rowsOf("ccccciremcc"), rowsOf("ciremciremc")];

    expect(await compared("pair-1", stored)).toEqual({ rows: 11, onlyLeader: 5, onlySecond: 1 });
  });

  test("are counted over all datasets together, wherever the second stands", async () => {
    const stored = [rowsOf("ci"), rowsOf("iiii"), rowsOf("cc"), rowsOf("icii")];
    const runs = [
      { leader: 2, second: 0 },
      { leader: 1, second: 3 },
    ];

    expect(await compared("pair-2", stored, runs)).toEqual({
      rows: 6,
      onlyLeader: 1,
      onlySecond: 1,
    });
  });

  test("may be more than are read at a time", async () => {
    const [leader, second] = [rowsOf("ci".repeat(10_000)), rowsOf("ccii".repeat(5_000))];
    const long = { text: "x".repeat(100) };
    const stored = [leader.map((row) => ({ ...row, inputs: long })), second];

    expect(await compared("pair-3", stored)).toEqual({
      rows: 20_000,
      onlyLeader: 5_000,
      onlySecond: 5_000,
    });
  });

  test("count as this gate grades them, each as its last repeat left it", async () => {
    const right = { outcome: "correct", evaluation: { grade: "Correct" } } as const;
    const wrong = { outcome: "incorrect", evaluation: { grade: "Incorrect" } } as const;
    const policy = GatePolicy.parse({ repeats: 2, minPass: 1 });
    const rows = createRows(azurite.storage);
    await rows.writePart("pair-4", 0, 1, Readable.from([[aRow(0, { repeats: [wrong, right] })]]));
    const stored = [rowsOf("i"), [aRow(0, { repeats: [wrong, wrong] })]];

    const pair = [{ leader: 0, second: 1 }];
    expect(await compared("pair-4", stored, pair, policy)).toEqual({
      rows: 1,
      onlyLeader: 1,
      onlySecond: 0,
    });
    expect(await compared("pair-4", stored, pair, { ...policy, minPass: 2 })).toEqual({
      rows: 1,
      onlyLeader: 0,
      onlySecond: 0,
    });
  });

  test("that are gone, all or one, are told and not guessed", async () => {
    const gone = { code: "RESULTS_MISSING", retryable: false };

    await expect(compared("pair-5", [rowsOf("cc")])).rejects.toMatchObject({
      ...gone,
      message: "The rows of run 1 of pair-5 are not there any more.",
    });
    await expect(
      compared("pair-5", [rowsOf("cc")], [{ leader: 7, second: 0 }]),
    ).rejects.toMatchObject({
      ...gone,
      message: "The rows of run 7 of pair-5 are not there any more.",
    });
    await expect(compared("pair-6", [rowsOf("ccc"), rowsOf("cc")])).rejects.toMatchObject({
      ...gone,
      message: "Row 2 of run 1 of pair-6 is not there any more.",
    });
  });
});
