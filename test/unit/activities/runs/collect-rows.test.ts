import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { createCollectRows, type RunLines } from "#activities/collect-rows.ts";
import { PipelineError } from "#domain/errors.ts";
import type { RunClaim } from "#domain/failed-lines.ts";
import type { LineRecord } from "#domain/gate/join-row.ts";
import { GatePolicy } from "#domain/gate/policy.ts";
import type { Row } from "#domain/pipeline.ts";
import type { collectRows } from "#domain/steps.ts";
import { anApp, BUNDLE } from "#kit/apps.ts";

const input = {
  id: "qa-0123456789ab",
  app: "qa",
  bundle: BUNDLE,
  variant: null,
  dataset: 0,
  index: 3,
  round: 0,
  datasetName: null,
  troubles: [],
  baseline: null,
  snapshot: "qa-0123456789ab/data-0.jsonl",
  baseRun: "base",
  evaluationRun: "evaluation",
  logged: { finite: { accuracy: 1 }, malformed: {} },
};

interface World {
  readonly gate?: z.input<typeof GatePolicy>;
  /** Stored rows by blob: `{id}/{part}/{round}` or the pipeline's id. */
  readonly stored?: Readonly<Record<string, readonly Row[]>>;
  readonly rows?: number;
  /** What each run says of itself; nothing by default. */
  readonly claims?: Readonly<Record<string, RunClaim>>;
  readonly runs?: Partial<RunLines>;
  /** Null: somebody removed it. */
  readonly snapshot?: string | null;
}

/** Runs in which every line completed and is right; a test says what is different. */
function world({ rows = 3, runs = {}, claims = {}, snapshot, gate = {}, stored = {} }: World = {}) {
  const pages: string[] = [];
  const logs: Record<string, string> = {};
  const written: { part?: number; round?: number; rows: Row[] } = { rows: [] };
  const manifest = { ...anApp().manifest, gate: GatePolicy.parse(gate) };
  const text = Array.from({ length: rows }, (_, line) => `{"q":${line}}\n`).join("");
  const content = snapshot === undefined ? text : snapshot;
  const collect = createCollectRows({
    apps: { read: async () => anApp({ manifest }) },
    snapshots: {
      open: async () => (content === null ? null : Readable.from([Buffer.from(content)])),
    },
    runs: {
      async readLines(run, first, last) {
        pages.push(`${run} ${first}-${last}`);
        const outputs = run === "base" ? { a: 1 } : { grade: "Correct" };
        return linesUpTo(first, Math.min(last, rows - 1), outputs);
      },
      readLog: async (run) => `request\nlog of ${run}\n`,
      ...runs,
    },
    claims: { read: async (run) => claims[run] ?? { failedLines: null, error: null } },
    rows: {
      async writePart(_id, part, round, pages) {
        Object.assign(written, { part, round, rows: [] });
        for await (const rows of pages) written.rows.push(...rows);
      },
      readPart: async (id, part, round) => rowsOf(stored[`${id}/${part}/${round}`]),
      read: async (id) => rowsOf(stored[id]),
    },
    logs: {
      async writeText(_id, name, log) {
        logs[name] = log;
      },
    },
  });
  return {
    collect: (more: Partial<z.infer<typeof collectRows.input>> = {}) =>
      collect.run({ ...input, ...more }),
    count: async () => (await collect.run(input)).tally,
    pages,
    logs,
    written,
  };
}

/** In pages of two, as a stream may cut them anywhere. */
function rowsOf(rows: readonly Row[] | undefined): AsyncGenerator<readonly Row[]> | null {
  async function* all() {
    for (let at = 0; at < (rows ?? []).length; at += 2) yield (rows ?? []).slice(at, at + 2);
  }
  return rows === undefined ? null : all();
}

function linesUpTo(first: number, last: number, outputs: LineRecord["outputs"]): LineRecord[] {
  const count = Math.max(0, last - first + 1);
  return Array.from({ length: count }, (_, place) => ({
    index: last - place,
    outputs,
    failure: null,
  }));
}

test("both runs are read in the service's pages, their ends included", async () => {
  const { collect, pages } = world({ rows: 51 });
  await collect();

  expect(pages.sort()).toEqual(
    [
      ["base 0-24", "base 25-49", "base 50-74"],
      ["evaluation 0-24", "evaluation 25-49", "evaluation 50-74"],
    ].flat(),
  );
});

test("rows are written in the order of the dataset, as this run's part", async () => {
  const { count, written } = world({ rows: 60 });
  const tally = await count();

  expect(written.part).toBe(3);
  expect(written.rows.map(({ line }) => line)).toEqual(Array.from({ length: 60 }, (_, n) => n));
  expect(tally).toMatchObject({ expected: 60, correct: 60, graded: 60, firstError: null });
});

test("a line that is told twice counts once, and as a failure where the two differ", async () => {
  const right = (index: number) => ({ index, outputs: { grade: "Correct" }, failure: null });
  const wrong = { index: 1, outputs: { grade: "Incorrect" }, failure: null };
  const readLines = async (run: string) =>
    run === "base" ? [right(0), right(1), right(0)] : [right(0), wrong, right(1), right(0)];
  const { count } = world({ rows: 2, runs: { readLines } });

  expect(await count()).toMatchObject({ expected: 2, correct: 1, evalError: 1 });
});

test("what the evaluation run logged is handed on beside what was counted", async () => {
  const { collect } = world();

  expect(await collect()).toMatchObject({
    tally: { correct: 3 },
    logged: { finite: { accuracy: 1 }, malformed: {} },
    repeats: 1,
    baseline: null,
  });
});

test("a page that is missing leaves its own rows missing, and no others", async () => {
  const readLines = async (_run: string, first: number, last: number) =>
    first === 25 ? [] : linesUpTo(first, last, { grade: "Correct" });
  const { count, written } = world({ rows: 75, runs: { readLines } });

  expect(await count()).toMatchObject({ expected: 75, correct: 50, missing: 25 });
  const missing = written.rows.filter(({ outcome }) => outcome === "missing");
  expect([missing.at(0)?.line, missing.at(-1)?.line]).toEqual([25, 49]);
});

test("a page that is told again in place of the next one stands for no other row", async () => {
  const readLines = async (_run: string, first: number) =>
    linesUpTo(first === 25 ? 0 : first, first === 25 ? 24 : first + 24, { grade: "Correct" });
  const { count } = world({ rows: 75, runs: { readLines } });

  expect(await count()).toMatchObject({ expected: 75, correct: 50, missing: 25 });
});

test("a few pages at most are asked for at once, and read no further than that", async () => {
  let asked = 0;
  let most = 0;
  const readLines = async (_run: string, first: number, last: number) => {
    asked += 1;
    most = Math.max(most, asked);
    await new Promise(setImmediate);
    asked -= 1;
    return linesUpTo(first, last, { grade: "Correct" });
  };
  const { count } = world({ rows: 1_000, runs: { readLines } });

  expect(await count()).toMatchObject({ correct: 1_000 });
  expect(most).toBe(12);
});

test("rows are counted from the dataset, whatever comes back", async () => {
  const { count } = world({ rows: 30, runs: { readLines: async () => [] } });
  expect(await count()).toMatchObject({ expected: 30, missing: 30, graded: 0 });
});

test("lines that only the run itself counts as failed are counted as failed", async () => {
  const claims = {
    base: { failedLines: 1, error: null },
    evaluation: { failedLines: 3, error: null },
  };
  const failure = { message: "x", node: null, type: null };
  const readLines = async (run: string, first: number) => {
    const lines = linesUpTo(first, 9, { grade: "Correct" });
    return lines.map((line) =>
      line.index === (run === "base" ? 4 : 7) ? { ...line, outputs: null, failure } : line,
    );
  };
  const { count } = world({ rows: 10, runs: { readLines }, claims });

  expect(await count()).toMatchObject({
    expected: 10,
    correct: 6,
    runError: 1,
    evalError: 3,
    troubles: [{ run: "evaluation", claimed: 3, shown: 1, node: null, type: null }],
  });
});

test("an empty dataset has no rows, and nobody is asked", async () => {
  const { count, pages, written } = world({ rows: 0 });
  expect(await count()).toMatchObject({ expected: 0 });
  expect([pages, written.rows]).toEqual([[], []]);
});

test("a page that cannot be read ends the step, with no failure left unheard", async () => {
  const readLines = async (_run: string, first: number) => {
    if (first >= 25) throw new PipelineError("AZURE_BUSY", `page ${first}`);
    return [];
  };
  const { collect } = world({ rows: 500, runs: { readLines } });
  await expect(collect()).rejects.toMatchObject({ code: "AZURE_BUSY", message: "page 25" });
});

test("the logs of both runs are kept, without the request in their first line", async () => {
  const { collect, logs } = world();
  await collect();
  expect(logs).toEqual({ "base.log": "log of base\n", "evaluation.log": "log of evaluation\n" });
});

test("a log that cannot be read costs no rows", async () => {
  const readLog = () => Promise.reject(new PipelineError("AZURE_BUSY", "It is away."));
  const { count, logs } = world({ runs: { readLog } });

  expect(await count()).toMatchObject({ correct: 3 });
  expect(logs["base.log"]).toBe("The log could not be read. It is away.\n");
});

test("a run without a log leaves none", async () => {
  const { collect, logs } = world({ runs: { readLog: async () => undefined } });
  await collect();
  expect(logs).toEqual({});
});

test("a snapshot that somebody removed is named", async () => {
  await expect(world({ snapshot: null }).collect()).rejects.toMatchObject({
    code: "DATA_UNKNOWN",
    message: "The snapshot results/qa-0123456789ab/data-0.jsonl is not there any more.",
  });
});

test("a hundred thousand rows cost no more than their number", async () => {
  const { count, pages } = world({ rows: 100_000 });
  const start = performance.now();
  expect(await count()).toMatchObject({ expected: 100_000, correct: 100_000 });

  expect(pages).toHaveLength(8_000);
  expect(performance.now() - start).toBeLessThan(10_000);
});

test("rows name their dataset where the pipeline has several", async () => {
  const { collect, written } = world({ rows: 1 });
  await collect({ datasetName: "hard.jsonl" });
  expect(written.rows).toMatchObject([{ line: 0, dataset: "hard.jsonl" }]);
});

test("rows have the time and the tokens that their line of the base run took", async () => {
  const readLines = async (run: string) => [
    {
      index: 0,
      outputs: { grade: "Correct" },
      failure: null,
      usage: run === "base" ? { latencyMs: 250, tokens: 7 } : { latencyMs: 9, tokens: 9 },
    },
  ];
  const { collect, written } = world({ rows: 1, runs: { readLines } });
  await collect();
  expect(written.rows).toMatchObject([{ latencyMs: 250, tokens: 7 }]);
});

describe("repeats", () => {
  const gate = { repeats: 3, minPass: 2, metrics: [{ name: "accuracy", min: 0.9 }] };
  const graded = (wrong: readonly number[]) => ({
    readLines: async () =>
      [0, 1, 2].map((index) => ({
        index,
        outputs: { grade: wrong.includes(index) ? "Incorrect" : "Correct" },
        failure: null,
      })),
  });

  async function play(...rounds: readonly (readonly number[])[]) {
    const stored: Record<string, readonly Row[]> = {};
    const collected = [];
    for (const [round, wrong] of rounds.entries()) {
      const { collect, written } = world({ gate, runs: graded(wrong), stored });
      collected.push(await collect({ round }));
      // A repeat of the step finds what it found before.
      expect(await collect({ round })).toEqual(collected.at(-1));
      expect(written.round).toBe(round);
      stored[`${input.id}/3/${round}`] = written.rows;
    }
    return { collected, rows: stored[`${input.id}/3/${rounds.length - 1}`] ?? [] };
  }

  test("are added to the rows of the round before, and each row counts by what all of them say", async () => {
    const { collected, rows } = await play([0], [0], [2]);

    expect(
      rows.map(({ outcome, repeats }) => [outcome, repeats?.map((one) => one.outcome)]),
    ).toEqual([
      ["incorrect", ["incorrect", "incorrect", "correct"]],
      ["correct", ["correct", "correct", "correct"]],
      ["correct", ["correct", "correct", "incorrect"]],
    ]);
    expect(collected.at(-1)).toMatchObject({
      repeats: 3,
      flaky: [0, 2],
      tally: { correct: 2, incorrect: 1 },
      isSettled: true,
    });
  });

  test("go on only while they can change the verdict", async () => {
    const { collected } = await play([0], [0]);
    // Wrong twice of three times, row 0 cannot become right any more.
    expect(collected.map(({ isSettled }) => isSettled)).toEqual([false, true]);
  });

  test("count as failed what an earlier one said of itself that its lines do not show", async () => {
    const claims = { base: { failedLines: 1, error: null } };
    const first = world({ gate, claims });
    const { tally } = await first.collect();
    expect(tally).toMatchObject({ correct: 2, runError: 1 });

    const stored = { [`${input.id}/3/0`]: first.written.rows };
    const second = await world({ gate, stored }).collect({ round: 1, troubles: tally.troubles });
    expect(second.tally).toMatchObject({
      correct: 2,
      runError: 1,
      troubles: [{ run: "base", claimed: 1, shown: 0 }],
    });
  });

  test.each([
    { what: "all of them", rows: undefined },
    { what: "one row", rows: [] },
  ])("need $what of the round before", async ({ rows }) => {
    const stored = rows === undefined ? {} : { [`${input.id}/3/0`]: rows };
    const { collect } = world({ gate, stored });
    await expect(collect({ round: 1 })).rejects.toMatchObject({ code: "DATA_UNKNOWN" });
  });
});

describe("a baseline", () => {
  const gate = { metrics: [{ name: "accuracy", maxDrop: 0.1 }] };
  const baseline = {
    deployment: "fg-old",
    pipeline: "qa-old",
    variant: "${ask.a}",
    dataset: "data.jsonl",
    logged: { accuracy: 1 },
  };
  const row = (line: number, differences: Partial<Row> = {}): Row => ({
    line,
    variant: "${ask.a}",
    dataset: "data.jsonl",
    outcome: "correct",
    inputs: {},
    outputs: {},
    grade: "Correct",
    error: null,
    evaluation: { grade: "Correct" },
    ...differences,
  });
  const wrong = { outcome: "incorrect", evaluation: { grade: "Incorrect" } } as const;

  test("stands beside our rows line by line, and only its own variant and dataset do", async () => {
    const readLines = async () => [
      { index: 0, outputs: { grade: "Incorrect" }, failure: null },
      ...linesUpTo(1, 2, { grade: "Correct" }),
    ];
    const others = [0, 1, 2].flatMap((line) => [
      row(line, { variant: "${ask.b}", ...wrong }),
      row(line, { dataset: "other.jsonl", ...wrong }),
    ]);
    const stored = { "qa-old": [...others, row(0), row(1, wrong), row(2)] };
    const { collect } = world({ gate, runs: { readLines }, stored });

    expect((await collect({ baseline })).baseline).toMatchObject({
      deployment: "fg-old",
      rows: 3,
      newlyBroken: [0],
      newlyFixed: [1],
    });
  });

  test("is graded by the gate of today", async () => {
    const stored = { "qa-old": [0, 1, 2].map((line) => row(line, { outcome: "incorrect" })) };
    const { collect } = world({ gate, stored });

    expect((await collect({ baseline })).baseline).toMatchObject({ broken: 0, fixed: 0 });
  });

  test("that lacks a row is none", async () => {
    const { collect } = world({ gate, stored: { "qa-old": [row(0), row(2)] } });
    expect((await collect({ baseline })).baseline).toEqual({
      none: "the stored rows of fg-old lack 1 of the dataset's",
    });
  });

  test("whose rows somebody removed meanwhile is none", async () => {
    const { collect } = world({ gate });
    expect((await collect({ baseline })).baseline).toEqual({
      none: "the rows of fg-old on this dataset are not there any more",
    });
  });

  test("that there is none of is told as it was found", async () => {
    const none = { none: "there is no endpoint qa-endpoint" };
    expect((await world({ gate }).collect({ baseline: none })).baseline).toEqual(none);
  });
});
